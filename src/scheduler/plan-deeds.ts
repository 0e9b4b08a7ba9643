/** What plans need besides starts: running attempts to end, branches to move, phases to publish. */
import type { CommitId, NodeId } from '../model/ids.js';
import type { NodeState, PhaseState, PlanState, RunState } from '../state/run-state.js';
import { lastAttempt } from '../state/run-state.js';
import { foldOf } from '../state/fold.js';
import type { Decision, MoveReason } from './decision.js';
import { branchKey, type EffectiveLimits, type UnderWay } from './decision-key.js';

/** Attempts that a person, the wish to fail fast, or the clock wants ended. */
export function cancellations(state: RunState, { untilMs }: EffectiveLimits, now: number, underWay: UnderWay, decisions: Decision[]): void {
  const tooLate = untilMs !== undefined && now >= untilMs && state.settings.limits.overrun === 'stop';
  const all = tooLate || failedFast(state);
  for (const index of all ? state.running : state.cancelling) {
    const node = state.nodes[index] as NodeState;
    const attempt = lastAttempt(node)?.number as number;
    if (underWay.has(`cancel:${node.node.id}#${attempt}`)) continue;
    decisions.push({ kind: 'cancel', node: node.node.id, attempt, reason: node.cancelRequested ? 'request' : tooLate ? 'deadline' : 'fail-fast' });
  }
}

/** True when a failure is to end the whole run. */
export function failedFast(state: RunState): boolean {
  return state.settings.failFast && state.counters.failed + state.failedVerifies > 0;
}

/** Moves of branches, commits, publications, completions and work done by hand, for the plans that may need them. */
export function planDeeds(state: RunState, underWay: UnderWay, decisions: Decision[]): void {
  for (const index of state.agenda) {
    const plan = foldOf(state).planList[index] as PlanState;
    if (plan.refused !== undefined || plan.conflict !== undefined) continue;
    const before = decisions.length;
    const branchBusy = underWay.has(branchKey(plan.plan.id));
    if (!branchBusy) branchDeed(state, plan, decisions);
    const free = !branchBusy && decisions.length === before && plan.moving === undefined;
    if (!plan.opened) {
      // A plan of nothing but ticked tasks has a branch too: it is what lands.
      const wanted = plan.publishable.size > 0 || plan.completable;
      if (wanted && free && !state.paused && !plan.paused) decisions.push({ kind: 'open-plan', plan: plan.plan.id, inputs: [] });
      continue;
    }
    publications(state, plan, underWay, decisions);
    if (free && plan.completable && plan.tip !== undefined && decisions.length === before && !underWay.has(`complete:${plan.plan.id}`)) {
      decisions.push({ kind: 'complete', plan: plan.plan.id, commit: plan.tip });
    }
  }
}

/** At most one deed that moves the plan's branch: what is prepared first, then the commit queue, then what makes it good again. */
function branchDeed(state: RunState, plan: PlanState, decisions: Decision[]): void {
  const { moving } = plan;
  const id = plan.plan.id;
  if (moving !== undefined) {
    decisions.push({ kind: 'move', plan: id, from: moving.from, to: moving.to, because: reasonOf(state, moving) });
    return;
  }
  const first = plan.commitQueue[0];
  if (first !== undefined && plan.tip !== undefined) {
    const node = state.nodes[first.node] as NodeState;
    // A person stands on the branch: nothing moves it but the person's own work.
    const unwanted = node.afterAttempt === undefined ? {} : ({ unwanted: true } as const);
    if (plan.takenOver && node.byHand === undefined && node.afterAttempt === undefined) return;
    decisions.push({ kind: 'commit', node: node.node.id as `${string}.${string}`, attempt: first.attempt, tip: plan.tip, ...unwanted });
    return;
  }
  if (plan.takenOver || plan.paused || state.paused) return;
  const inputs = plan.opened && plan.slots.size === 0 && !plan.landed ? mending(state, plan) : [];
  if (inputs.length > 0) decisions.push({ kind: 'integrate', plan: id, inputs });
}

function reasonOf(state: RunState, moving: NonNullable<PlanState['moving']>): MoveReason {
  switch (moving.kind) {
    case 'open':
      return { kind: 'open', inputs: moving.inputs, adopted: moving.adopted };
    case 'integrate':
      return { kind: 'integrate', inputs: moving.inputs };
    case 'commit':
      return { kind: 'commit', node: state.nodes[moving.node]?.node.id as `${string}.${string}`, attempt: moving.attempt };
  }
}

/** Stale inputs of which a newer, good generation is there. */
function mending(state: RunState, plan: PlanState): NodeId[] {
  const inputs: NodeId[] = [];
  for (const id of plan.stale) {
    const published = phaseOf(state, id)?.published;
    if (published && !published.suspect && published.generation > (plan.contains.get(id) ?? 0)) inputs.push(id);
  }
  return inputs.sort();
}

function phaseOf(state: RunState, id: NodeId): PhaseState | undefined {
  const index = state.graph.indexOf.get(id);
  const node = index === undefined ? undefined : state.nodes[index]?.node;
  return node?.phase === undefined ? undefined : state.plans.get(node.plan)?.phases.get(node.phase);
}

function publications(state: RunState, plan: PlanState, underWay: UnderWay, decisions: Decision[]): void {
  for (const index of plan.publishable) {
    const phase = state.nodes[index]?.node.phase as string;
    const found = plan.phases.get(phase) as PhaseState;
    if (underWay.has(`publish:${found.id}`)) continue;
    if (plan.stale.size > 0 && found.generations > 0) continue;
    decisions.push({ kind: 'publish', plan: plan.plan.id, phase, generation: found.generations + 1, commit: publishedCommit(plan, found) });
  }
}

function publishedCommit(plan: PlanState, phase: PhaseState): CommitId {
  return phase.candidate ?? (plan.tip as CommitId);
}
