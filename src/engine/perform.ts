import { planOf, type CommitId, type NodeId, type PlanId, type TaskId } from '../model/ids.js';
import type { AttemptOutcome, Event } from '../model/event.js';
import { unreachable } from '../base/assert.js';
import type { Decision } from '../scheduler/decision.js';
import type { RunningAttempt } from '../executor/executor.js';
import type { WorktreeSlot } from '../git/deeds.js';
import type { Hands } from './hands.js';
import { movedFailure, salvageRef } from './plan-refs.js';
import { bereft, done, judge } from './verdict.js';

type Of<K extends Decision['kind']> = Extract<Decision, { kind: K }>;

/**
 * Carries decisions out: one entry a kind, each giving the facts that followed. Nothing here decides what happens next,
 * and nothing here touches the state: the facts go to the loop.
 */
export class Performer {
  private readonly running = new Map<string, RunningAttempt>();
  /** Ends of attempts, from their decision on: a cancellation is over when its attempt is. */
  private readonly attempts = new Map<string, Promise<unknown>>();
  /** Attempts that were cancelled before their process existed. */
  private readonly cancelled = new Map<string, NonNullable<AttemptOutcome['reason']>>();
  /** Worktrees of verifications in use, by plan. */
  private readonly lanes = new Map<PlanId, Set<number>>();
  /** Worktrees that are known to be clean, and at which commit: spares asking git between two tasks of a chain. */
  private readonly clean = new Map<string, CommitId>();

  private readonly hands: Hands;

  constructor(hands: Hands) {
    this.hands = hands;
  }

  /** The facts that follow from a decision. Rejects only for bugs of ours. */
  perform(decision: Decision): Promise<readonly Event[]> {
    switch (decision.kind) {
      case 'open-plan':
        return this.guardPlan(decision.plan, () => this.openPlan(decision));
      case 'integrate':
        return this.guardPlan(decision.plan, () => this.integrate(decision));
      case 'start':
        return this.begin(decision);
      case 'cancel':
        return this.cancel(attemptKey(decision), decision.reason);
      case 'commit':
        return this.guardPlan(planOf(decision.node), () => this.commit(decision));
      case 'move':
        return this.guardPlan(decision.plan, () => this.move(decision));
      case 'publish':
        return this.guardPlan(decision.plan, () => this.publish(decision));
      case 'complete':
        return this.guardPlan(decision.plan, () => this.complete(decision));
      case 'prepare-landing':
      case 'verify-landing':
      case 'abandon-verify':
      case 'drop':
      case 'advance-target':
      case 'propose':
        return this.hands.landing.perform(decision);
      case 'finish':
        return Promise.resolve([]);
      default:
        return unreachable(decision);
    }
  }

  /** Ends every running attempt; their outcomes arrive as usual. */
  cancelAll(reason: NonNullable<AttemptOutcome['reason']>): void {
    for (const attempt of this.running.values()) attempt.cancel(reason);
    this.hands.landing.cancelAll();
  }

  /** Ends every running attempt and waits until nothing of them is left. */
  async stopAll(): Promise<void> {
    this.cancelAll('interrupted');
    await Promise.allSettled(this.attempts.values());
  }

  private async cancel(key: string, reason: NonNullable<AttemptOutcome['reason']>): Promise<readonly Event[]> {
    const running = this.running.get(key);
    if (running) running.cancel(reason);
    else this.cancelled.set(key, reason);
    await this.attempts.get(key);
    this.cancelled.delete(key);
    return [];
  }

  private begin(decision: Of<'start'>): Promise<readonly Event[]> {
    const key = attemptKey(decision);
    const deed = this.guardPlan(planOf(decision.node), () => this.attempt(decision), [cancelledBySetup(decision)]);
    const over = deed.then(
      () => this.attempts.delete(key),
      () => this.attempts.delete(key),
    );
    this.attempts.set(key, over);
    return deed;
  }

  /** What git or the disk refuses stops the plan with a sentence, not the run. */
  private async guardPlan(plan: PlanId, deed: () => Promise<readonly Event[]>, before: readonly Event[] = []): Promise<readonly Event[]> {
    try {
      return await deed();
    } catch (error) {
      const failure = this.hands.failureOf(error);
      if (!failure) throw error;
      return [...before, { kind: 'plan.refused', plan, failure }];
    }
  }

  private async openPlan({ plan, inputs }: Of<'open-plan'>): Promise<readonly Event[]> {
    const { plans, view } = this.hands;
    const branch = view.plan(plan).branch;
    const found = (await plans.resolve(`refs/heads/${branch}`)) ?? null;
    const published = view.published(inputs);
    const [base, ...others] = published.length > 0 ? published : [{ name: view.target().ref, commit: view.target().commit }];
    const start = base?.commit ?? view.target().commit;
    // A branch that only lags behind the start has no commits of its own: it is moved forward, not adopted.
    const adopted = found !== null && !(await plans.isAncestor(found, start));
    const asItIs: readonly Event[] = [{ kind: 'plan.opening', plan, from: found, to: found ?? start, adopted, inputs }];
    // What it would be merged with is in the target: landing merges it with that.
    const withTarget = adopted && inputs.every((input) => view.nodeKind(input) === 'landed');
    if (withTarget && view.isDone(plan)) return asItIs;
    const onto = adopted ? found : start;
    const merges = adopted ? [{ name: base?.name ?? view.target().ref, commit: start }, ...others] : others;
    const merged = await plans.mergeInMemory(onto, merges, view.mergeMessage(plan, merges.map((merge) => merge.name)));
    // Where a policy settles conflicts with the target it does so when the plan lands; it need not be done twice.
    if (!merged.ok && withTarget && view.settlesConflicts()) return asItIs;
    if (!merged.ok) return [conflicted(plan, merged.error, inputs)];
    return [{ kind: 'plan.opening', plan, from: found, to: merged.value, adopted, inputs }];
  }

  private async integrate({ plan, inputs }: Of<'integrate'>): Promise<readonly Event[]> {
    const { plans, view } = this.hands;
    const from = view.tip(plan);
    const published = view.published(inputs);
    const merged = await plans.mergeInMemory(from, published, view.mergeMessage(plan, published.map((input) => input.name)));
    if (!merged.ok) return [conflicted(plan, merged.error, inputs)];
    if (merged.value === from) return [{ kind: 'plan.integrated', plan, inputs, tip: from }];
    return [{ kind: 'plan.integrating', plan, inputs, from, to: merged.value }];
  }

  private async attempt(decision: Of<'start'>): Promise<readonly Event[]> {
    const { node } = decision;
    const { view } = this.hands;
    if (view.isByHand(node)) return this.takeUp(decision);
    const isVerify = view.nodeKind(node) === 'verify';
    const lane = isVerify ? this.takeLane(planOf(node)) : undefined;
    try {
      return await this.runIn(decision, this.hands.slot(node, lane === undefined ? decision.slot : -1 - lane));
    } finally {
      if (lane !== undefined) this.lanes.get(planOf(node))?.delete(lane);
    }
  }

  /** The smallest number of a verification's worktree that no other verification of the plan uses. */
  private takeLane(plan: PlanId): number {
    const taken = this.lanes.get(plan) ?? new Set<number>();
    this.lanes.set(plan, taken);
    let lane = 0;
    while (taken.has(lane)) lane += 1;
    taken.add(lane);
    return lane;
  }

  private async runIn(decision: Of<'start'>, slot: WorktreeSlot): Promise<readonly Event[]> {
    const { node, base } = decision;
    const { plans, view } = this.hands;
    const key = attemptKey(decision);
    if (this.clean.get(slot.path) !== base || !this.hands.exists(slot.path)) {
      this.clean.delete(slot.path);
      const prepared = await plans.prepareWorktree(slot, base);
      if (!prepared.ok) return [cancelledBySetup(decision), { kind: 'plan.refused', plan: slot.plan, failure: prepared.error }];
    }
    const revoked = this.cancelled.get(key);
    if (revoked) return [finished(decision, { result: 'cancelled', reason: revoked })];

    this.clean.delete(slot.path);
    const running = await this.hands.beginAttempt(decision, slot.path);
    this.running.set(key, running);
    const ended = await running.finished;
    this.running.delete(key);
    if (view.nodeKind(node) === 'verify') return [finished(decision, ended)];

    try {
      return await this.conclude(decision, slot, ended);
    } catch (error) {
      const failure = this.hands.failureOf(error);
      if (!failure) throw error;
      // Its end is known, what it left is not: that stays where it is until git answers, and is kept before anything else runs there.
      const outcome: AttemptOutcome = ended.result === 'passed' ? { ...ended, result: 'lost', reason: 'interrupted', note: failure.message } : ended;
      return [finished(decision, outcome), { kind: 'plan.refused', plan: slot.plan, failure }];
    }
  }

  /** What an attempt that ended has left decides whether it passed; what is not to be committed is kept. */
  private async conclude(decision: Of<'start'>, slot: WorktreeSlot, ended: AttemptOutcome): Promise<readonly Event[]> {
    const { node, attempt, base } = decision;
    const { plans, view } = this.hands;
    const left = this.hands.exists(slot.path) ? await plans.inspect(slot.path) : undefined;
    const outcome = left === undefined ? bereft(ended) : view.isByHand(node) ? done({ ...ended, ...left }) : judge({ ...ended, ...left }, base, view.mayChangeNothing(node));
    if (outcome.result === 'passed') {
      if (left?.head === base && !left.dirty) this.clean.set(slot.path, base);
      return [finished(decision, outcome)];
    }
    const kept = await plans.salvage(slot.path, base, salvageRef(node, attempt), `${node} attempt ${attempt} ${outcome.result}: ${outcome.reason ?? ''}`);
    return [finished(decision, outcome), ...(kept ? [{ kind: 'work.salvaged', node, attempt, ...kept } as const] : [])];
  }

  /** A person says that the work is done: what stands in the plan's own worktree is taken up as it is. */
  private async takeUp(decision: Of<'start'>): Promise<readonly Event[]> {
    const { plans } = this.hands;
    const slot = this.hands.slot(decision.node, decision.slot);
    this.clean.delete(slot.path);
    if (!this.hands.exists(slot.path)) return [finished(decision, { result: 'passed', head: decision.base, dirty: false })];
    const left = await plans.inspect(slot.path);
    // An attempt that was ended for the mark leaves its worktree clean where it began, and others may have been committed since.
    const behind = !left.dirty && left.head !== decision.base && (await plans.isAncestor(left.head, decision.base));
    return [finished(decision, { result: 'passed', ...left, ...(behind ? { head: decision.base } : {}) })];
  }

  private async commit({ node, attempt, tip, unwanted }: Of<'commit'>): Promise<readonly Event[]> {
    const { plans, view } = this.hands;
    const { base, slot, outcome } = view.attempt(node, attempt);
    if (unwanted) return this.reject(node, attempt, { reason: 'unwanted', files: [] });
    if (outcome?.head === base && outcome.dirty === false) return [{ kind: 'task.committed', node, attempt, tip, changed: false }];
    const { path } = this.hands.slot(node, slot);
    const made = await plans.commitAttempt({
      path,
      base,
      tip,
      head: outcome?.head ?? base,
      dirty: outcome?.dirty ?? true,
      ...view.commitMessage(node, attempt),
      hooks: view.commitHooks(),
    });
    if (!made.ok) return this.reject(node, attempt, made.error);
    if (!made.value.changed) return [{ kind: 'task.committed', node, attempt, tip, changed: false }];
    // A hook that formats may have left the tree changed.
    if (base === tip && !view.commitHooks()) this.clean.set(path, made.value.commit);
    return [{ kind: 'commit.prepared', node, attempt, from: tip, to: made.value.commit }];
  }

  /** What passed and does not become a commit is kept, and its worktree is free again. */
  private async reject(node: TaskId, attempt: number, why: Omit<Extract<Event, { kind: 'commit.rejected' }>, 'kind' | 'node' | 'attempt'>): Promise<readonly Event[]> {
    const { base, slot } = this.hands.view.attempt(node, attempt);
    const { path } = this.hands.slot(node, slot);
    const kept = this.hands.exists(path) ? await this.hands.plans.salvage(path, base, salvageRef(node, attempt), `${node} attempt ${attempt} not committed: ${why.reason}`) : undefined;
    return [{ kind: 'commit.rejected', node, attempt, ...why }, ...(kept ? [{ kind: 'work.salvaged', node, attempt, ...kept } as const] : [])];
  }

  private async move({ plan, from, to, because }: Of<'move'>): Promise<readonly Event[]> {
    const { plans, view } = this.hands;
    const branch = view.plan(plan).branch;
    const moved = from === to ? undefined : await plans.moveBranch(branch, from, to);
    if (moved && !moved.ok && moved.error.found !== to) return this.explainMoved(plan, branch, from, moved.error.found);
    switch (because.kind) {
      case 'open':
        return [{ kind: 'plan.opened', plan, tip: to, adopted: because.adopted, inputs: because.inputs }];
      case 'integrate':
        return [{ kind: 'plan.integrated', plan, inputs: because.inputs, tip: to }];
      case 'commit':
        return [{ kind: 'task.committed', node: because.node, attempt: because.attempt, tip: to, changed: true }];
      default:
        return unreachable(because);
    }
  }

  /** Somebody else moved a plan's branch: commits on top of ours are taken up, anything else is for a person to settle. */
  private async explainMoved(plan: PlanId, branch: string, from: CommitId | null, found: CommitId | null): Promise<readonly Event[]> {
    const { plans } = this.hands;
    if (from !== null && found === null) {
      // Deleted by hand: our tip is known, so the branch is put back and the move is asked for again.
      const back = await plans.moveBranch(branch, null, from);
      if (back.ok) return [];
    }
    if (from !== null && found !== null && (await plans.isAncestor(from, found))) return [{ kind: 'plan.advanced', plan, from, tip: found }];
    return [{ kind: 'plan.refused', plan, failure: movedFailure(branch, from, found) }];
  }

  private async publish({ plan, phase, generation, commit }: Of<'publish'>): Promise<readonly Event[]> {
    // Named by its commit, too: a kill before the fact was recorded leaves a pin of this generation that nobody relies on.
    await this.hands.plans.pin(`phases/${plan}/${phase}/${generation}-${commit.slice(0, 12)}`, commit);
    return [{ kind: 'phase.published', plan, phase, generation, commit }];
  }

  private async complete({ plan, commit }: Of<'complete'>): Promise<readonly Event[]> {
    const { path } = this.hands.slot(plan, 0);
    this.clean.delete(path);
    if (this.hands.exists(path)) await this.hands.plans.attach(path, this.hands.view.plan(plan).branch);
    return [{ kind: 'plan.completed', plan, commit }];
  }
}

function attemptKey({ node, attempt }: { readonly node: NodeId; readonly attempt: number }): string {
  return `${node}#${attempt}`;
}

function finished({ node, attempt }: Of<'start'>, outcome: AttemptOutcome): Event {
  return { kind: 'attempt.finished', node, attempt, outcome };
}

function cancelledBySetup(decision: Of<'start'>): Event {
  return finished(decision, { result: 'cancelled', reason: 'setup' });
}

function conflicted(plan: PlanId, conflict: { name: string; commit: CommitId; files: readonly string[] }, inputs: readonly NodeId[]): Event {
  const input = inputs.find((node) => node === conflict.name) ?? conflict.name;
  return { kind: 'plan.conflicted', plan, input, commit: conflict.commit, files: conflict.files };
}
