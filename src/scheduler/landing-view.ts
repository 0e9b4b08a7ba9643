/** What the landing queue needs to know of a run, and which plans it wants to land in which order. */

import type { CommitId, PlanId } from '../model/ids.js';
import type { LandingSettings } from '../model/orchestration.js';
import type { LandingState } from '../state/landing-state.js';

/** A read-only picture of a run for the landing queue. */
export interface LandingView {
  /** In manifest order. */
  readonly plans: readonly LandingPlan[];
  readonly settings: LandingSettings;
  /** Stands for the verify command and its environment: a result counts for this key only. Undefined: candidates are not verified. */
  readonly verify?: string;
  /** How many verifications may run at once, at least 1. */
  readonly lanes: number;
  /** Nothing new begins. */
  readonly paused: boolean;
  readonly landing: LandingState;
}

export interface LandingPlan {
  readonly id: PlanId;
  readonly priority: number;
  /** `working`: it may still complete by itself; `failed`: it will not before a person acts (a task failed, it is blocked or stale). */
  readonly condition: 'working' | 'complete' | 'failed';
  /** The branch's tip; what lands when the plan is complete. */
  readonly tip?: CommitId;
  /** Every plan whose work its branch holds or whose landing it waits for, directly or through others. */
  readonly restsOn: readonly PlanId[];
}

/** The plans that the queue wants to land now, in order; and why the others do not. */
export interface LandingQueue {
  readonly plans: readonly ReadyPlan[];
  /** All of them land in one move or none does. */
  readonly atomic: boolean;
  /** How many of the first plans may move the target; the others wait for a person's word. */
  readonly allowed: number;
}

/** A complete plan that may land. */
export interface ReadyPlan extends LandingPlan {
  readonly tip: CommitId;
}

/** Plans that will not land: taken out themselves, failed, or resting on such a one. Landed plans never count. */
export function blockedPlans(view: LandingView): ReadonlySet<PlanId> {
  const blocked = new Set<PlanId>();
  for (const plan of view.plans) if (!view.landing.landed.has(plan.id) && (plan.condition === 'failed' || isDropped(view, plan))) blocked.add(plan.id);
  if (blocked.size === 0) return blocked;
  const closed = new Set(blocked);
  for (const plan of view.plans) if (!view.landing.landed.has(plan.id) && plan.restsOn.some((id) => blocked.has(id))) closed.add(plan.id);
  return closed;
}

/** True while the very tip that was taken out is still the plan's tip. */
export function isDropped(view: LandingView, plan: LandingPlan): boolean {
  const dropped = view.landing.dropped.get(plan.id);
  return dropped !== undefined && dropped.reason !== 'dependency' && (dropped.head === undefined || dropped.head === plan.tip);
}

/** True while a person has to resolve it: neither the plan's branch nor what it met has changed since. */
export function hasConflict(view: LandingView, plan: LandingPlan): boolean {
  const conflict = view.landing.conflicts.get(plan.id);
  if (conflict === undefined || conflict.head !== plan.tip) return false;
  const other = view.plans.find((one) => one.id === conflict.with);
  return other === undefined || conflict.withHead === undefined || other.tip === conflict.withHead;
}

/** True when a person's word covers the plan as it is now. */
export function isApproved(view: LandingView, plan: LandingPlan): boolean {
  const approved = view.landing.approved.get(plan.id);
  return approved !== undefined && (approved.head === null || approved.head === plan.tip);
}

/** True when a plan that was named at once with this one has moved on since: all or nothing, the word about both is void then. */
function isOutdated(view: LandingView, plan: LandingPlan): boolean {
  const together = view.landing.approved.get(plan.id)?.together ?? [];
  return view.plans.some((other) => together.includes(other.id) && !view.landing.landed.has(other.id) && view.landing.approved.has(other.id) && !isApproved(view, other));
}

/** What should land now, by mode, failures and approvals. Conflicts are not looked at here. */
export function landingQueue(view: LandingView): LandingQueue {
  const { settings, landing } = view;
  const atomic = settings.mode === 'all-or-nothing';
  const open = view.plans.filter((plan) => !landing.landed.has(plan.id));
  const blocked = blockedPlans(view);
  const ready = closedUnderRest(view, open.filter((plan): plan is ReadyPlan => plan.condition === 'complete' && plan.tip !== undefined && !blocked.has(plan.id)));
  const approved = closedUnderRest(view, ready.filter((plan) => isApproved(view, plan) && !(atomic && isOutdated(view, plan))));
  // A person's word comes first: it lands what it names, whatever the mode waits for.
  if (approved.length > 0) return { plans: order(view, approved), atomic, allowed: approved.length };
  const free = closedUnderRest(view, ready.filter((plan) => !landing.undone.has(plan.id)));
  const nothing: LandingQueue = { plans: [], atomic, allowed: 0 };
  if (settings.mode === 'manual') return nothing;
  if (atomic) {
    if (open.some((plan) => plan.condition === 'working' && !blocked.has(plan.id))) return nothing;
    const skipped = skippedPlans(view);
    if (open.some((plan) => !skipped.has(plan.id) && !free.includes(plan as ReadyPlan)) && settings.onFailure === 'hold') return nothing;
  }
  return { plans: order(view, free), atomic, allowed: settings.approve === 'ask' ? 0 : free.length };
}

/** Plans left out by `onConflict: skip`, with what rests on them: the user said that the others land without. */
function skippedPlans(view: LandingView): ReadonlySet<PlanId> {
  const skipped = new Set(view.plans.filter((plan) => isDropped(view, plan) && view.landing.dropped.get(plan.id)?.reason === 'conflict').map((plan) => plan.id));
  if (skipped.size > 0) for (const plan of view.plans) if (plan.restsOn.some((id) => skipped.has(id))) skipped.add(plan.id);
  return skipped;
}

/** Those of `plans` whose every dependency has landed or is among them too. */
function closedUnderRest(view: LandingView, plans: readonly ReadyPlan[]): ReadyPlan[] {
  const ids = new Set(plans.map((plan) => plan.id));
  return plans.filter((plan) => plan.restsOn.every((id) => view.landing.landed.has(id) || ids.has(id)));
}

/** Candidates on which work was done keep their places; the rest follows in landing order. */
function order(view: LandingView, plans: readonly ReadyPlan[]): ReadyPlan[] {
  const byId = new Map(plans.map((plan) => [plan.id, plan]));
  const kept: ReadyPlan[] = [];
  const { chain, verifying, results } = view.landing;
  const seen = (tree: string): boolean => results.has(`${tree} ${view.verify ?? ''}`);
  const worked = view.settings.mode === 'all-or-nothing' ? -1 : (chain?.candidates.findLastIndex((one) => verifying.has(one.commit) || seen(one.tree)) ?? -1);
  for (const candidate of chain?.candidates.slice(0, worked + 1) ?? []) {
    const plan = byId.get(candidate.plan);
    if (plan === undefined || plan.tip !== candidate.head) break;
    kept.push(plan);
  }
  const keptIds = new Set(kept.map((plan) => plan.id));
  const rest = plans.filter((plan) => !keptIds.has(plan.id));
  return [...kept, ...landingOrder(rest, view.plans)];
}

/**
 * Repeatedly the first plan by (priority, manifest position) whose dependencies stand before it. A plan lifts what it
 * waits for to its own priority. `all` is every plan in manifest order; dependencies outside of `plans` count as landed.
 */
export function landingOrder<P extends LandingPlan>(plans: readonly P[], all: readonly LandingPlan[]): P[] {
  const priority = new Map(all.map((plan) => [plan.id, plan.priority]));
  for (const plan of all) for (const id of plan.restsOn) priority.set(id, Math.max(priority.get(id) ?? plan.priority, plan.priority));
  const position = new Map(all.map((plan, index) => [plan.id, index]));
  const left = [...plans].sort((a, b) => (priority.get(b.id) ?? 0) - (priority.get(a.id) ?? 0) || (position.get(a.id) ?? 0) - (position.get(b.id) ?? 0));
  const waiting = new Set(left.map((plan) => plan.id));
  const ordered: P[] = [];
  while (left.length > 0) {
    // A cycle cannot be: the graph is proved free of them. Were there one, the first plan goes.
    const next = Math.max(0, left.findIndex((plan) => !plan.restsOn.some((id) => id !== plan.id && waiting.has(id))));
    const [plan] = left.splice(next, 1);
    if (plan === undefined) break;
    waiting.delete(plan.id);
    ordered.push(plan);
  }
  return ordered;
}
