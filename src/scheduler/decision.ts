import type { CommitId, NodeId, PhaseId, PlanId, TaskId } from '../model/ids.js';
import type { LandingDecision } from './landing-decision.js';

/**
 * What the scheduler wants now. The engine records the intent (where the deed has one), begins the deed and returns at once;
 * its end arrives as events. A deed under way is known from the state, so a decision is never given twice.
 */
export type Decision =
  /** Make the plan's branch exist, at the commits of `inputs` (the pinned target when empty). */
  | { readonly kind: 'open-plan'; readonly plan: PlanId; readonly inputs: readonly NodeId[] }
  /** Merge the published commits of `inputs` into the plan's branch, in memory. */
  | { readonly kind: 'integrate'; readonly plan: PlanId; readonly inputs: readonly NodeId[] }
  | { readonly kind: 'start'; readonly node: NodeId; readonly attempt: number; readonly slot: number; readonly base: CommitId; readonly session?: string }
  | { readonly kind: 'cancel'; readonly node: NodeId; readonly attempt: number; readonly reason: 'request' | 'fail-fast' | 'stale' | 'deadline' }
  /** Turn a passed attempt into a commit on top of `tip`; `unwanted`: a person decided otherwise meanwhile, its work is kept aside instead. */
  | { readonly kind: 'commit'; readonly node: TaskId; readonly attempt: number; readonly tip: CommitId; readonly unwanted?: true }
  /** Move the plan's branch by compare-and-swap to what was prepared for it. */
  | { readonly kind: 'move'; readonly plan: PlanId; readonly from: CommitId | null; readonly to: CommitId; readonly because: MoveReason }
  | { readonly kind: 'publish'; readonly plan: PlanId; readonly phase: PhaseId; readonly generation: number; readonly commit: CommitId }
  | { readonly kind: 'complete'; readonly plan: PlanId; readonly commit: CommitId }
  | LandingDecision
  | { readonly kind: 'finish'; readonly outcome: 'landed' | 'complete' | 'failed' | 'person' | 'deadline' };

export type MoveReason =
  | { readonly kind: 'open'; readonly inputs: readonly NodeId[]; readonly adopted: boolean }
  | { readonly kind: 'integrate'; readonly inputs: readonly NodeId[] }
  | { readonly kind: 'commit'; readonly node: TaskId; readonly attempt: number };

/** The answer for one state: what to do, and the earliest time at which the answer could change by itself. */
export interface Decisions {
  readonly decisions: readonly Decision[];
  /** Milliseconds since the epoch: the end of a back-off or of a limit. */
  readonly wakeAt?: number;
}
