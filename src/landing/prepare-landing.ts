/**
 * Builds the chain of candidates: what the target would be after each plan. All in memory; no ref of anybody's moves. The chain
 * is kept from git's clean-up by one ref of the run's own, so that what is verified is there when it lands.
 */

import { assert } from '../base/assert.js';
import { err, ok, type Result } from '../base/result.js';
import { GitError } from '../git/git-error.js';
import { moveRef, runRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId, RunId } from '../model/ids.js';
import type { Candidate, LandingEvent } from '../model/landing-event.js';
import type { LandingSettings } from '../model/orchestration.js';
import { CommitWriter } from './commit-writer.js';
import { conflictOrigin, type EarlierWork } from './conflict-origin.js';
import type { Ground, LandingSubject, MergedTree, StepConflict, StepTools } from './landing-step.js';
import { checkMessage } from './message-hook.js';
import { MergeSession } from './merge-session.js';
import { OwnHistory } from './own-history.js';
import { foreignPaths } from './path-guard.js';
import { Quarantine } from './quarantine.js';
import { reapply, takenBack, wasReverted } from './reapply.js';
import { groundOf, land, stepOf } from './strategies.js';
import { TreeChanges } from './tree-changes.js';
import { emptyTree, treeOf } from './tree-of.js';

/** A chain that is wanted. */
export interface PrepareRequest {
  readonly run: RunId;
  /** As the user named it; for messages. */
  readonly target: string;
  readonly onto: CommitId;
  /** In landing order. */
  readonly plans: readonly LandingSubject[];
  /** The chain's first candidates, which stand already; their plans are the first of `plans`. */
  readonly keep: readonly Candidate[];
  readonly strategy: LandingSettings['strategy'];
  /** True: leave out what does not merge, and what rests on it, and go on. */
  readonly skipConflicts: boolean;
  readonly message?: string;
  /** Run the repository's commit-msg hook on messages of ours. */
  readonly hooks: boolean;
  /** Plans that are in the target already: a conflict may be with them. */
  readonly landed: readonly EarlierWork[];
  /** Only to be looked at: the chain is not kept from git's clean-up. */
  readonly preview?: boolean;
}

/** Settles a conflict by policy, in a checkout of its own; undefined: a person has to. */
export type SettleConflict = (conflict: StepConflict, subject: LandingSubject) => Promise<MergedTree | undefined>;

/** Builds the chain and says what happened: conflicts, then the chain; or why nothing can be built. Asked again it builds it again. */
export async function prepareLanding(repository: Repository, request: PrepareRequest, settle?: SettleConflict): Promise<readonly LandingEvent[]> {
  try {
    return await prepareIn(await Quarantine.open(repository), repository, request, settle);
  } catch (error) {
    // Memory was too small for what the merges write: the disk may not be.
    if (!(error instanceof GitError) || error.kind !== 'disk-full') throw error;
    return prepareIn(await Quarantine.open(repository, true), repository, request, settle);
  }
}

async function prepareIn(quarantine: Quarantine, repository: Repository, request: PrepareRequest, settle: SettleConflict | undefined): Promise<readonly LandingEvent[]> {
  const changes = new TreeChanges(quarantine.repository);
  const merges = new MergeSession(quarantine.repository);
  try {
    return await new Preparation({ real: repository, quarantine, changes, merges }, request, settle).build();
  } finally {
    merges.close();
    changes.close();
    await quarantine.close();
  }
}

/** What a preparation works with, and ends afterwards. */
interface Workshop {
  readonly real: Repository;
  readonly quarantine: Quarantine;
  readonly changes: TreeChanges;
  readonly merges: MergeSession;
}

class Preparation {
  /** Reads everything, writes into the quarantine. */
  readonly #repository: Repository;
  readonly #real: Repository;
  readonly #quarantine: Quarantine;
  readonly #request: PrepareRequest;
  readonly #writer: CommitWriter;
  readonly #changes: TreeChanges;
  readonly #merges: MergeSession;
  readonly #settle: SettleConflict | undefined;
  readonly #events: LandingEvent[] = [];
  readonly #chain: Candidate[] = [];
  readonly #earlier: EarlierWork[];
  readonly #trees = new Map<CommitId, Promise<string>>();

  constructor({ real, quarantine, changes, merges }: Workshop, request: PrepareRequest, settle: SettleConflict | undefined) {
    this.#repository = quarantine.repository;
    this.#real = real;
    this.#quarantine = quarantine;
    this.#request = request;
    this.#writer = new CommitWriter(quarantine, real);
    this.#changes = changes;
    this.#merges = merges;
    this.#settle = settle;
    this.#earlier = [...request.landed];
  }

  async build(): Promise<readonly LandingEvent[]> {
    const { onto, plans, keep, strategy } = this.#request;
    this.#merges.warm(onto);
    const missing = await this.#missingHead();
    if (missing !== undefined) return [{ kind: 'landing.refused', failure: missing }];
    const heads = plans.map((subject) => subject.head);
    const ontoTree = await this.#treeOf(onto);
    let ground = await this.#firstGround(heads);
    const [history] = await Promise.all([
      OwnHistory.read(this.#repository, [ground.shadow], heads),
      Promise.all(heads.map((head) => this.#treeOf(head))).then((trees) => this.#merges.expect(ontoTree, trees)),
      this.#writer.warm(),
    ]);
    const tools = this.#tools(history);
    const words = { run: this.#request.run, target: this.#request.target, template: this.#request.message };
    const out = new Set<PlanId>();
    // Steps are checked beside the merges that follow, and all of them before anything is said.
    const guards: Promise<Failure | undefined>[] = [];
    for (const [index, subject] of plans.entries()) {
      const kept = keep[index];
      if (kept !== undefined) {
        assert(kept.plan === subject.plan && kept.head === subject.head, 'kept candidates are the first of the plans');
        this.#take(kept);
        continue;
      }
      if (subject.restsOn.some((plan) => out.has(plan))) {
        out.add(subject.plan);
        continue;
      }
      const isHeld = history.holds(subject.head) && subject.head !== ground.published;
      // A branch that went on since may have landed before as well: merging it would bring only what is new.
      const mayBe = isHeld || history.own(subject.head).bases.some((base) => base !== onto);
      const reverted = mayBe ? await takenBack(this.#repository, ground, subject) : undefined;
      if (reverted !== undefined && (!reverted.whole || strategy === 'ff-only')) return [{ kind: 'landing.refused', failure: wasReverted(subject, reverted.by) }];
      const back = await this.#bringBack(tools, ground, subject, reverted?.by ?? []);
      const step = back.ok && !(isHeld && reverted !== undefined) ? await land(tools, words, strategy, back.value, subject) : stepOf(back);
      if (!step.ok) {
        if (step.error.kind === 'failure') return [{ kind: 'landing.refused', failure: step.error.failure }];
        await this.#note(subject, ground, step.error.conflict);
        out.add(subject.plan);
        if (this.#request.skipConflicts) continue;
        break;
      }
      if (reverted === undefined) guards.push(this.#guard(history, ground, step.value, subject));
      const { published, tree, shadow, resolved } = step.value;
      this.#take({ plan: subject.plan, head: subject.head, commit: published, tree, ...(shadow !== published && { shadow }), ...(resolved && { resolved }) });
      ground = { published, tree, shadow };
      history.hold(subject.head);
    }
    const foreign = (await Promise.all(guards)).find((failure) => failure !== undefined);
    if (foreign !== undefined) return [{ kind: 'landing.refused', failure: foreign }];
    await this.#keepChain();
    return [...this.#events, { kind: 'landing.prepared', onto, ontoTree, chain: this.#chain }];
  }

  /** The ground with what was taken back there again. */
  async #bringBack(tools: StepTools, ground: Ground, subject: LandingSubject, reverts: readonly CommitId[]): ReturnType<typeof reapply> {
    let there: Ground & Pick<Candidate, 'resolved'> = ground;
    for (const revert of reverts) {
      const step = await reapply(tools, this.#request.run, there, subject, revert);
      if (!step.ok) return step;
      there = step.value;
    }
    return ok(there);
  }

  async #missingHead(): Promise<Failure | undefined> {
    for (const subject of this.#request.plans) {
      if ((await this.#repository.objects.info(`${subject.head}^{commit}`)) === undefined) return goneBranch(subject);
    }
    return undefined;
  }

  async #firstGround(heads: readonly CommitId[]): Promise<Ground> {
    const { onto, keep, strategy } = this.#request;
    const last = keep.at(-1);
    if (last !== undefined) return { published: last.commit, tree: last.tree, shadow: last.shadow ?? last.commit };
    const tree = await this.#treeOf(onto);
    // Where history is kept by merging, the target's own ancestry says what it holds.
    return strategy === 'squash' || strategy === 'rebase' ? groundOf(this.#repository, this.#writer, onto, tree, heads) : { published: onto, tree, shadow: onto };
  }

  #treeOf(commit: CommitId): Promise<string> {
    const known = this.#trees.get(commit) ?? treeOf(this.#repository, commit);
    this.#trees.set(commit, known);
    return known;
  }

  #tools(history: OwnHistory): StepTools {
    const mergeClean = async (ours: CommitId, theirs: CommitId): Promise<Result<MergedTree, StepConflict>> => {
      const merged = await this.#merges.merge(ours, theirs);
      return merged.ok ? merged : err({ ...merged.error, ours, theirs });
    };
    return {
      repository: this.#repository,
      writer: this.#writer,
      history,
      checkMessage: (message) => checkMessage(this.#real, message, this.#request.hooks),
      mergeClean,
      merge: async (ours, theirs, subject): Promise<Result<MergedTree, StepConflict>> => {
        const merged = await mergeClean(ours, theirs);
        if (merged.ok || this.#settle === undefined) return merged;
        // A checkout of the conflict sees what is in the repository only.
        await this.#quarantine.keep();
        const settled = await this.#settle(merged.error, subject);
        return settled === undefined ? merged : ok(settled);
      },
    };
  }

  #take(candidate: Candidate): void {
    this.#chain.push(candidate);
    this.#earlier.push({ plan: candidate.plan, head: candidate.head });
  }

  async #note(subject: LandingSubject, ground: Ground, conflict: StepConflict): Promise<void> {
    const origin = await conflictOrigin(this.#repository, subject.head, conflict.files, this.#earlier);
    this.#events.push({
      kind: 'landing.conflicted',
      plan: subject.plan,
      head: subject.head,
      onto: ground.published,
      with: origin?.plan ?? null,
      ...(origin && { withHead: origin.head }),
      files: conflict.files,
    });
  }

  /** A settled conflict may touch what it has to; a clean merge may not touch what is not the branch's. */
  #guard(history: OwnHistory, before: Ground, after: Ground & Pick<Candidate, 'resolved'> & { readonly source?: CommitId }, subject: LandingSubject): Promise<Failure | undefined> {
    if (after.resolved !== undefined) return Promise.resolve(undefined);
    const head = after.source ?? subject.head;
    const { bases } = history.own(head);
    const check = async (): Promise<Failure | undefined> => {
      // A history of its own begins with nothing.
      const trees = bases.length === 0 ? [emptyTree(this.#repository)] : await Promise.all(bases.map((base) => this.#treeOf(base)));
      const foreign = await foreignPaths(this.#changes, { before: before.tree, after: after.tree, bases: trees, head: await this.#treeOf(head) });
      return foreign.length > 0 ? foreignChange(subject, foreign) : undefined;
    };
    const checked = check();
    // It is awaited later: until then a rejection must not count as nobody's.
    checked.catch(() => undefined);
    return checked;
  }

  /** The last candidate (or its shadow) holds all those before it as ancestors: one ref keeps the whole chain. */
  async #keepChain(): Promise<void> {
    const last = this.#chain.at(-1);
    if (last === undefined) return;
    await this.#quarantine.keep();
    if (this.#request.preview === true) return;
    const ref = runRef(this.#request.run, 'candidates/chain');
    const wanted = last.shadow ?? last.commit;
    for (let attempt = 0; attempt < pinAttempts; attempt += 1) {
      const found = (await this.#real.objects.info(ref))?.id ?? null;
      if (found === wanted || (await moveRef(this.#real, ref, found, wanted)).ok) return;
    }
    assert(false, `nobody else moves ${ref}`);
  }
}

const pinAttempts = 5;

function goneBranch(subject: LandingSubject): Failure {
  return {
    kind: 'person',
    code: 'landing-head-gone',
    message: `plan ${subject.plan} cannot land: its commit ${subject.head.slice(0, 12)} is not in the repository any more`,
    hint: `Bring it back (git fsck --lost-found may name it), or run the plan again: plan retry ${subject.plan}`,
  };
}

function foreignChange(subject: LandingSubject, paths: readonly string[]): Failure {
  const shown = paths.slice(0, 5).join(', ');
  return {
    kind: 'person',
    code: 'landing-foreign-change',
    message: `landing plan ${subject.plan} would change what its branch ${subject.branch} never changed: ${shown}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`,
    hint: `Merge the target into ${subject.branch}, look at the result, and land again.`,
  };
}
