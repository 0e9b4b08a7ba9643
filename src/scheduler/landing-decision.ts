import type { Candidate } from '../model/landing-event.js';
import type { CommitId, PlanId } from '../model/ids.js';

/** What the landing queue wants now. The intent of each is recorded first: `landing.preparing`, `landing.verifying`, `landing.abandoning`, `target.advancing`, `landing.proposing`. */
export type LandingDecision =
  /** Build candidates for these plans, in this order, on `onto`; the chain goes on after `keep`, which stands already. */
  | { readonly kind: 'prepare-landing'; readonly plans: readonly PlanId[]; readonly heads: readonly CommitId[]; readonly onto: CommitId; readonly keep: readonly Candidate[] }
  /** Run the verify command on a candidate, or on the target itself. Its result is recorded with this `key`. */
  | { readonly kind: 'verify-landing'; readonly commit: CommitId; readonly tree: string; readonly attempt: number; readonly key: string }
  /** Stop a verification whose candidate is worth nothing any more; it ends as `landing.verified` with result `abandoned`. */
  | { readonly kind: 'abandon-verify'; readonly commit: CommitId }
  | { readonly kind: 'drop'; readonly plan: PlanId; readonly reason: 'conflict' | 'verify' | 'dependency'; readonly head?: CommitId }
  | { readonly kind: 'advance-target'; readonly plans: readonly PlanId[]; readonly from: CommitId; readonly to: CommitId }
  /** Pull-request mode: push these plans' branches and open requests, in this order. */
  | { readonly kind: 'propose'; readonly plans: readonly PlanId[]; readonly heads: readonly CommitId[] };
