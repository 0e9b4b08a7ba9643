/**
 * How one plan's branch becomes part of a chain: merge, squash, rebase or fast-forward. Every strategy merges against the
 * ground's shadow, which holds all that landed before as real history, so that a stacked plan brings its own work only.
 */

import { unreachable } from '../base/assert.js';
import { err, ok, type Result } from '../base/result.js';
import { isAncestor } from '../git/refs.js';
import { heldHeads } from '../git/held-work.js';
import type { Commit } from '../git/objects.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId } from '../model/ids.js';
import type { Candidate } from '../model/landing-event.js';
import type { LandingSettings } from '../model/orchestration.js';
import type { CommitWriter } from './commit-writer.js';
import { authorship, headIs, landingMessage, subjectOf, withTrailer } from './landing-message.js';
import type { Ground, LandingSubject, MergedTree, StepConflict, StepTools } from './landing-step.js';
import type { OwnWork } from './own-history.js';
import { isPlainReplay, replayOwn } from './replay-branch.js';
import { treeOf } from './tree-of.js';
import { workSource, type WorkSource } from './work-source.js';

/** What every message says. */
export interface StepWords {
  readonly run: string;
  readonly target: string;
  readonly template: string | undefined;
}

/** Why a plan could not be brought onto the ground. */
export type StepStop = { readonly kind: 'conflict'; readonly conflict: StepConflict } | { readonly kind: 'failure'; readonly failure: Failure };

/** The ground after the plan, how a conflict on the way was settled, and the commit that was brought where it is not the branch's tip. */
export type StepResult = Result<Ground & Pick<Candidate, 'resolved'> & { readonly source?: CommitId }, StepStop>;

/** Brings one plan onto the ground. What the ground holds already changes nothing. */
export async function land(tools: StepTools, words: StepWords, strategy: LandingSettings['strategy'], ground: Ground, subject: LandingSubject): Promise<StepResult> {
  const own = tools.history.own(subject.head);
  if (own.commits.length === 0) return ok(ground);
  switch (strategy) {
    case 'merge':
      return mergePlan(tools, words, ground, subject, own);
    case 'squash':
      return squashPlan(tools, words, ground, subject, own);
    case 'rebase':
      return rebasePlan(tools, words, ground, subject, own);
    case 'ff-only':
      return forwardPlan(tools, ground, subject);
    default:
      return unreachable(strategy);
  }
}

/** What a branch came to when it was merged, and what of it was merged. */
interface Brought extends MergedTree {
  readonly source: WorkSource;
}

/** Merges what the branch brings; where that does not merge by itself its tip may, and else it is what has to be settled. */
async function bring(tools: StepTools, ground: Ground, subject: LandingSubject, own: OwnWork): Promise<Result<Brought, StepConflict>> {
  const source = await workSource(tools, subject.plan, subject.head);
  if (source.commit !== subject.head) {
    for (const what of [source, { commit: subject.head, own }]) {
      const clean = await tools.mergeClean(oursFor(tools, ground, what.own), what.commit);
      if (clean.ok) return ok({ ...clean.value, source: what });
    }
  }
  const merged = await tools.merge(oursFor(tools, ground, source.own), source.commit, subject);
  return merged.ok ? ok({ ...merged.value, source }) : merged;
}

async function mergePlan(tools: StepTools, words: StepWords, ground: Ground, subject: LandingSubject, own: OwnWork): Promise<StepResult> {
  const merged = await bring(tools, ground, subject, own);
  if (!merged.ok) return conflicted(merged.error);
  const { source } = merged.value;
  const subjects = wantsSubjects(words.template) ? (await read(tools.repository, source.own.commits)).map((commit) => subjectOf(commit.message)) : [];
  const message = await tools.checkMessage(landingMessage('merge', words.template, { ...words, ...subject, subjects }, []));
  if (!message.ok) return failed(message.error);
  const commit = await tools.writer.write({ tree: merged.value.tree, parents: [ground.published, subject.head], message: message.value });
  return ok({ published: commit, tree: merged.value.tree, shadow: commit, ...resolvedOf(merged.value), source: source.commit });
}

async function squashPlan(tools: StepTools, words: StepWords, ground: Ground, subject: LandingSubject, own: OwnWork): Promise<StepResult> {
  const merged = await bring(tools, ground, subject, own);
  if (!merged.ok) return conflicted(merged.error);
  const { tree, source } = merged.value;
  if (tree === ground.tree) return ok({ ...ground, shadow: shadow(tools, ground.published, tree, ground, subject.head) });
  const commits = (await read(tools.repository, source.own.commits)).filter((commit) => commit.parents.length < 2);
  const { author, coAuthors } = authorship(commits);
  const facts = { ...words, ...subject, subjects: commits.map((commit) => subjectOf(commit.message)) };
  const message = await tools.checkMessage(landingMessage('squash', words.template, facts, [...coAuthors, headIs(subject.head)]));
  if (!message.ok) return failed(message.error);
  const commit = await tools.writer.write({ tree, parents: [ground.published], message: message.value, ...(author !== undefined && { author }) });
  return ok({ published: commit, tree, shadow: shadow(tools, commit, tree, ground, subject.head), ...resolvedOf(merged.value), source: source.commit });
}

async function rebasePlan(tools: StepTools, words: StepWords, ground: Ground, subject: LandingSubject, own: OwnWork): Promise<StepResult> {
  const headTree = await treeOf(tools.repository, subject.head);
  if (ground.shadow === ground.published && isPlainReplay(tools.history, own, ground.published)) {
    return ok({ published: subject.head, tree: headTree, shadow: subject.head });
  }
  const replayed = await replay(tools, ground, subject, own);
  if (!replayed.ok) return conflicted(replayed.error);
  if (replayed.value === 'as-a-whole') return squashPlan(tools, words, ground, subject, own);
  const { last, onto, tree, resolved } = replayed.value;
  if (last === undefined) return ok({ ...ground, shadow: shadow(tools, ground.published, tree, ground, subject.head) });
  // The last commit says which branch commit the target holds now; the next landing stands on that.
  const message = withTrailer(last.message, headIs(subject.head));
  const commit = await tools.writer.write({ tree, parents: [onto], message, author: last.author });
  return ok({ published: commit, tree, shadow: shadow(tools, commit, tree, ground, subject.head), ...(resolved !== undefined && { resolved }) });
}

/** Replays what the branch brings, as far as that needs nobody's word; else the branch as it stands. */
async function replay(tools: StepTools, ground: Ground, subject: LandingSubject, own: OwnWork): ReturnType<typeof replayOwn> {
  const source = await workSource(tools, subject.plan, subject.head);
  if (source.commit !== subject.head) {
    const clean = await replayOwn({ ...tools, merge: (ours, theirs) => tools.mergeClean(ours, theirs) }, ground, { ...subject, head: source.commit }, source.own);
    if (clean.ok && clean.value !== 'as-a-whole') return clean;
  }
  return replayOwn(tools, ground, subject, own);
}

async function forwardPlan(tools: StepTools, ground: Ground, subject: LandingSubject): Promise<StepResult> {
  if (!(await isAncestor(tools.repository, ground.published, subject.head))) {
    return conflicted({ ours: ground.published, theirs: subject.head, files: [], messages: ['the branch does not contain the target: it cannot be fast-forwarded'] });
  }
  const tree = await treeOf(tools.repository, subject.head);
  return ok({ published: subject.head, tree, shadow: subject.head });
}

/**
 * What the branch is merged into. Where it begins at one commit that is the merge base, and nothing else can be: a commit of the
 * ground's tree on that base alone spares git the walk through all that landed before.
 */
function oursFor(tools: StepTools, ground: Ground, own: OwnWork): CommitId {
  const [base, other] = own.bases;
  return base === undefined || other !== undefined ? ground.shadow : tools.writer.standIn(ground.tree, [base]);
}

/** The landed tree once more, as a commit that holds the published history, all that landed before, and the branch. */
function shadow(tools: StepTools, published: CommitId, tree: string, ground: Ground, head: CommitId): CommitId {
  return tools.writer.standIn(tree, [...new Set([published, ground.shadow, head])].filter((parent) => parent !== ground.published || published === ground.published));
}

/** Prefixes of very long branches are read only as far as messages and authors need them. */
const readLimit = 2_000;

async function read(repository: Repository, ids: readonly CommitId[]): Promise<Commit[]> {
  const commits = await Promise.all(ids.slice(0, readLimit).map((id) => repository.objects.commit(id)));
  return commits.filter((commit) => commit !== undefined);
}

function wantsSubjects(template: string | undefined): boolean {
  return template?.includes('{commits}') === true;
}

function resolvedOf(merged: MergedTree): Pick<Candidate, 'resolved'> {
  return merged.resolved === undefined ? {} : { resolved: merged.resolved };
}

/** A step that can end in a conflict only. */
export function stepOf(result: Result<Ground & Pick<Candidate, 'resolved'>, StepConflict>): StepResult {
  return result.ok ? result : conflicted(result.error);
}

function conflicted(conflict: StepConflict): StepResult {
  return err({ kind: 'conflict', conflict });
}

function failed(failure: Failure): StepResult {
  return err({ kind: 'failure', failure });
}

/**
 * The ground that a target's commit is: its own history, and the branch commits that squashed and rebased commits in it say
 * they hold, as far as they may matter to `heads`. `tree` is the target's. One git process.
 */
export async function groundOf(repository: Repository, writer: CommitWriter, onto: CommitId, tree: string, heads: readonly CommitId[]): Promise<Ground> {
  const held = await heldHeads(repository, onto, heads);
  return { published: onto, tree, shadow: held.length === 0 ? onto : writer.standIn(tree, [onto, ...held]) };
}
