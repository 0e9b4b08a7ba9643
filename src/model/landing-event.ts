import type { Failure } from './failure.js';
import type { CommitId, PlanId } from './ids.js';

/** One plan's place in a chain of candidates: `commit` is what the target would be after it. */
export interface Candidate {
  readonly plan: PlanId;
  /** The plan's branch tip that it contains. */
  readonly head: CommitId;
  readonly commit: CommitId;
  /** Tree of `commit`: what a verification is remembered by. */
  readonly tree: string;
  /**
   * Squash and rebase: a commit with the same tree whose parents are the candidate before it and the plan's head.
   * What is stacked on the plan merges against it, so that nothing is applied twice. Absent: `commit` itself serves.
   */
  readonly shadow?: CommitId;
  /** Absent: merged without a conflict. Else how the conflict was settled, told in reports. */
  readonly resolved?: 'ours' | 'theirs' | 'rerere' | 'agent' | 'command';
}

/** Facts about plans on their way into the target. */
export type LandingEvent =
  /** Intent: candidates are being built for these plans, in this order; `heads` are their branch tips. Nothing moves. */
  | { readonly kind: 'landing.preparing'; readonly onto: CommitId; readonly plans: readonly PlanId[]; readonly heads: readonly CommitId[] }
  /** A chain was built in memory on the target's commit `onto`; nothing has moved. Replaces any chain before it. */
  | { readonly kind: 'landing.prepared'; readonly onto: CommitId; readonly ontoTree?: string; readonly chain: readonly Candidate[] }
  /** This plan does not merge onto what stands before it: `with` names the plan whose change it meets (its head in `withHead`), or null for the target's own. */
  | { readonly kind: 'landing.conflicted'; readonly plan: PlanId; readonly head: CommitId; readonly onto: CommitId; readonly with: PlanId | null; readonly withHead?: CommitId; readonly files: readonly string[] }
  /** Intent: a candidate (or the target itself) is being verified. `key` stands for the command and its environment. */
  | { readonly kind: 'landing.verifying'; readonly commit: CommitId; readonly tree: string; readonly attempt: number; readonly key?: string }
  /** Intent: the verification of this commit is being stopped; it ends as `abandoned`. */
  | { readonly kind: 'landing.abandoning'; readonly commit: CommitId }
  /** A candidate's verification ended. `inconclusive` (exit 125, timeout) says nothing about it; `abandoned` was not wanted any more. */
  | { readonly kind: 'landing.verified'; readonly commit: CommitId; readonly tree: string; readonly result: 'green' | 'red' | 'inconclusive' | 'abandoned'; readonly attempt: number; readonly key?: string; readonly note?: string }
  /** The plan was named as the culprit of a red candidate, or its policy takes it out: it does not land unless retried or its branch gets new commits after `head`. */
  | { readonly kind: 'landing.dropped'; readonly plan: PlanId; readonly reason: 'conflict' | 'verify' | 'dependency'; readonly head?: CommitId; readonly note?: string }
  /** A person (or `plan land`) allows the named plans to move the target. With `heads` (in the same order) only as long as the tips are these. */
  | { readonly kind: 'landing.approved'; readonly plans: readonly PlanId[]; readonly heads?: readonly CommitId[] }
  /** Intent: the target is about to move. */
  | { readonly kind: 'target.advancing'; readonly plans: readonly PlanId[]; readonly from: CommitId; readonly to: CommitId }
  | { readonly kind: 'target.advanced'; readonly plans: readonly PlanId[]; readonly from: CommitId; readonly to: CommitId }
  /** Somebody else moved the target: candidates on the old commit are worth nothing. */
  | { readonly kind: 'target.moved'; readonly from: CommitId; readonly to: CommitId }
  /** The target cannot move now: a person's checkout is in the way, the push was refused. */
  | { readonly kind: 'landing.refused'; readonly failure: Failure }
  | { readonly kind: 'target.pushed'; readonly remote: string; readonly commit: CommitId }
  /** Intent, in pull-request mode: branches are being pushed and requests opened, in this order. */
  | { readonly kind: 'landing.proposing'; readonly plans: readonly PlanId[]; readonly heads: readonly CommitId[] }
  /** Pull-request mode: the plan's branch was pushed at `head` and a request opened; `url` is empty where no forge tool was found. */
  | { readonly kind: 'landing.proposed'; readonly plan: PlanId; readonly head: CommitId; readonly url: string }
  /** A person took landings back: `to` is the commit before them, or a commit that reverts them. `plans` left the target. */
  | { readonly kind: 'target.undone'; readonly from: CommitId; readonly to: CommitId; readonly plans?: readonly PlanId[] };
