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
}

/** Facts about plans on their way into the target. */
export type LandingEvent =
  /** A chain was built in memory on the target's commit `onto`; nothing has moved. Replaces any chain before it. */
  | { readonly kind: 'landing.prepared'; readonly onto: CommitId; readonly chain: readonly Candidate[] }
  /** This plan does not merge onto what stands before it: `with` names the plan whose change it meets, or null for the target's own. */
  | { readonly kind: 'landing.conflicted'; readonly plan: PlanId; readonly head: CommitId; readonly onto: CommitId; readonly with: PlanId | null; readonly files: readonly string[] }
  /** A candidate's verification ended. `inconclusive` (exit 125, timeout) says nothing about it. */
  | { readonly kind: 'landing.verified'; readonly commit: CommitId; readonly tree: string; readonly result: 'green' | 'red' | 'inconclusive'; readonly attempt: number; readonly note?: string }
  /** The plan was named as the culprit of a red candidate, or its policy takes it out: it does not land in this run unless retried. */
  | { readonly kind: 'landing.dropped'; readonly plan: PlanId; readonly reason: 'conflict' | 'verify' | 'dependency'; readonly note?: string }
  /** A person (or `plan land`) allows the named plans to move the target. */
  | { readonly kind: 'landing.approved'; readonly plans: readonly PlanId[] }
  /** Intent: the target is about to move. */
  | { readonly kind: 'target.advancing'; readonly plans: readonly PlanId[]; readonly from: CommitId; readonly to: CommitId }
  | { readonly kind: 'target.advanced'; readonly plans: readonly PlanId[]; readonly from: CommitId; readonly to: CommitId }
  /** Somebody else moved the target: candidates on the old commit are worth nothing. */
  | { readonly kind: 'target.moved'; readonly from: CommitId; readonly to: CommitId }
  /** The target cannot move now: a person's checkout is in the way, the push was refused. */
  | { readonly kind: 'landing.refused'; readonly failure: Failure }
  | { readonly kind: 'target.pushed'; readonly remote: string; readonly commit: CommitId }
  | { readonly kind: 'target.undone'; readonly from: CommitId; readonly to: CommitId };
