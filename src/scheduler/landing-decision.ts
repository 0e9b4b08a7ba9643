import type { CommitId, PlanId } from '../model/ids.js';

/** What the landing queue wants now. */
export type LandingDecision =
  /** Build candidates for these plans, in this order, on the target's commit. */
  | { readonly kind: 'prepare-landing'; readonly plans: readonly PlanId[] }
  | { readonly kind: 'verify-landing'; readonly commit: CommitId; readonly tree: string; readonly attempt: number }
  /** Stop a verification whose candidate is worth nothing any more. */
  | { readonly kind: 'abandon-verify'; readonly commit: CommitId }
  | { readonly kind: 'drop'; readonly plan: PlanId; readonly reason: 'conflict' | 'verify' | 'dependency' }
  | { readonly kind: 'advance-target'; readonly plans: readonly PlanId[]; readonly from: CommitId; readonly to: CommitId }
  | { readonly kind: 'push-target'; readonly commit: CommitId };
