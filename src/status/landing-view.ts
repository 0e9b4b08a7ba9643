import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { LandingSettings } from '../model/orchestration.js';
import type { Approval } from '../state/landing-state.js';
import type { RunState } from '../state/run-state.js';

/** How far the way into the target is, in plain data. */
export interface LandingView {
  readonly mode: LandingSettings['mode'];
  /** Where the target stands as far as the run knows. */
  readonly target: CommitId;
  /** In the target, in landing order. */
  readonly landed: readonly PlanId[];
  /** Plans of which candidates are being built now. */
  readonly preparing: readonly PlanId[];
  /** Plans of the chain of candidates that stands, in order. */
  readonly chain: readonly PlanId[];
  /** Plans whose candidate is being verified now. */
  readonly verifying: readonly PlanId[];
  /** Plans that the target is about to take. */
  readonly advancing: readonly PlanId[];
  readonly conflicts: readonly { readonly plan: PlanId; readonly with: PlanId | null; readonly files: readonly string[] }[];
  readonly dropped: readonly { readonly plan: PlanId; readonly reason: string; readonly note?: string }[];
  /** Complete plans that wait for `plan land`. */
  readonly awaitsApproval: readonly PlanId[];
  readonly proposed: readonly { readonly plan: PlanId; readonly url: string }[];
  /** Plans that were in the target and that a person took back out. */
  readonly undone: readonly PlanId[];
  /** Why the target cannot move; until a person acts. */
  readonly refused?: Failure;
}

/** The landing part of a run's picture. */
export function landingView(state: RunState): LandingView {
  const { landing, settings } = state;
  const byHand = settings.landing.approve === 'ask' || settings.landing.mode === 'manual';
  const complete = [...state.plans.values()].filter((plan) => plan.completed !== undefined && !plan.landed && !landing.landed.has(plan.plan.id));
  return {
    mode: settings.landing.mode,
    target: landing.target,
    landed: [...landing.landed.keys()],
    preparing: landing.preparing?.plans ?? [],
    chain: landing.chain?.candidates.map((candidate) => candidate.plan) ?? [],
    verifying: landing.chain?.candidates.filter((candidate) => landing.verifying.has(candidate.commit)).map((candidate) => candidate.plan) ?? [],
    advancing: landing.advancing?.plans ?? [],
    conflicts: [...landing.conflicts].map(([plan, conflict]) => ({ plan, with: conflict.with, files: conflict.files })),
    dropped: [...landing.dropped].map(([plan, { reason, note }]) => ({ plan, reason, ...(note === undefined ? {} : { note }) })),
    awaitsApproval: byHand ? complete.filter((plan) => !covers(landing.approved.get(plan.plan.id), plan.completed)).map((plan) => plan.plan.id) : [],
    undone: [...landing.undone],
    proposed: [...landing.proposed].map(([plan, { url }]) => ({ plan, url })),
    ...(landing.refused === undefined ? {} : { refused: landing.refused }),
  };
}

/** True when a person's word is about the plan as it is now. */
function covers(approval: Approval | undefined, head: CommitId | undefined): boolean {
  return approval !== undefined && (approval.head === null || approval.head === head);
}
