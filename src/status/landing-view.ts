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
  /** Complete plans that cannot land yet, and the plans that keep them from it. */
  readonly holds: readonly LandingHold[];
  /** Plans that were in the target and that a person took back out. */
  readonly undone: readonly PlanId[];
  /** Why the target cannot move; until a person acts. */
  readonly refused?: Failure;
}

/** Why a complete plan is not in the target. */
export interface LandingHold {
  readonly plan: PlanId;
  /** In manifest order. */
  readonly by: readonly PlanId[];
  /** `order`: it lands when they have landed. `failed`: it does not before a person has seen to them. */
  readonly reason: 'order' | 'failed';
}

/** How a plan's row says that it stands. */
interface Standing {
  readonly id: PlanId;
  readonly status: string;
  readonly tasks: { readonly failed: number };
}

/** The landing part of a run's picture. `rows`: its plans as the rest of the picture has them. */
export function landingView(state: RunState, rows: readonly Standing[]): LandingView {
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
    holds: holdsOf(state, rows),
    ...(landing.refused === undefined ? {} : { refused: landing.refused }),
  };
}

/** What keeps complete plans out of the target beside their own standing: what they rest on; all or nothing, whatever has failed. */
function holdsOf(state: RunState, rows: readonly Standing[]): LandingHold[] {
  const { landing, settings } = state;
  if (settings.landing.mode === 'manual') return [];
  const open = rows.filter(({ id }) => !landing.landed.has(id));
  // What only rests on such a plan is no cause: the plan itself is named.
  const isOut = ({ id, status, tasks }: Standing): boolean =>
    tasks.failed > 0 || status === 'refused' || status === 'conflict' || landing.conflicts.has(id) || ['conflict', 'verify'].includes(landing.dropped.get(id)?.reason ?? '');
  const out = open.filter(isOut).map(({ id }) => id);
  const together = settings.landing.mode === 'all-or-nothing' && settings.landing.onFailure === 'hold';
  return open.flatMap((row): LandingHold[] => {
    if (row.status !== 'complete' || isOut(row)) return [];
    const rests = new Set(state.plans.get(row.id)?.restsOn);
    const failing = out.filter((id) => together || rests.has(id));
    if (failing.length > 0) return [{ plan: row.id, by: failing, reason: 'failed' }];
    const before = settings.landing.mode === 'each' ? open.filter(({ id }) => id !== row.id && rests.has(id)).map(({ id }) => id) : [];
    return before.length === 0 ? [] : [{ plan: row.id, by: before, reason: 'order' }];
  });
}

/** True when a person's word is about the plan as it is now. */
function covers(approval: Approval | undefined, head: CommitId | undefined): boolean {
  return approval !== undefined && (approval.head === null || approval.head === head);
}
