/** Where a task stands and why, computed from the state and never stored. */
import type { NodeId, PlanId } from '../model/ids.js';
import { slotsOf } from './capacity.js';
import { capacityOf, foldOf } from './fold.js';
import { cannotBegin, commitOf, lastAttempt, type NodeState, type PlanState, type RunState } from './run-state.js';

/** `waiting`: something before it is not done. `blocked`: something before it failed. `passed`: waits for its commit (a verify: is over). */
export type TaskStatus = 'waiting' | 'blocked' | 'ready' | 'running' | 'passed' | 'committed' | 'failed' | 'skipped';

/** Why a task does not go on, as data; words are made by cli/explain.ts. */
export type Explanation =
  /** Nodes directly before it that are not done; `more` counts those left out. `need` is how many of them it takes (quorum). */
  | { readonly kind: 'waits-for'; readonly nodes: readonly NodeId[]; readonly more: number; readonly need?: number }
  /** Tasks or verifies whose failure stands in its way, nearest first; `more` counts those left out. */
  | { readonly kind: 'blocked-by'; readonly nodes: readonly NodeId[]; readonly more: number }
  /** A plan (its own, or one that it waits for) was refused, or meets a conflict. */
  | { readonly kind: 'plan-stopped'; readonly plan: PlanId }
  | { readonly kind: 'paused'; readonly plan?: PlanId }
  /** A person works in the plan's worktree, or has to do this task. */
  | { readonly kind: 'taken-over'; readonly plan: PlanId }
  | { readonly kind: 'manual' }
  /** A person cancelled it, or its attempt was ended with the run (`ended`); it runs again on `retry` or when the run is resumed. */
  | { readonly kind: 'cancelled'; readonly ended?: true }
  /** A pool has not enough left: named pool, or `file:…` for a file that another running task is expected to write. */
  | { readonly kind: 'pool'; readonly pool: string; readonly heldBy: readonly NodeId[] }
  /** A pool pauses until a time (ms since the epoch). */
  | { readonly kind: 'limited'; readonly pool: string; readonly until: number }
  /** Runs again after its back-off (ms since the epoch). */
  | { readonly kind: 'back-off'; readonly until: number }
  | { readonly kind: 'limit'; readonly limit: 'tasks' | 'plans' | 'per-plan' | 'cost' }
  /** What it builds on has to be merged into the plan's branch first. */
  | { readonly kind: 'integrating'; readonly inputs: readonly NodeId[] }
  | { readonly kind: 'opening' };

/** Names given in one explanation at most. */
const named = 5;

/** Where a task or verify stands. Gates answer `waiting`, `blocked`, or `committed` once passed. */
export function taskStatus(state: RunState, node: NodeState): TaskStatus {
  switch (node.stage) {
    case 'running':
    case 'passed':
    case 'committed':
    case 'failed':
    case 'skipped':
      return node.stage;
    case 'verified':
      return 'passed';
    case 'ticked':
      return 'committed';
    case 'cancelled':
    case 'idle':
  }
  if (node.done) return 'committed';
  if (isBlocked(state, node)) return 'blocked';
  return node.open > 0 || isGate(node) ? 'waiting' : 'ready';
}

function isGate(node: NodeState): boolean {
  return node.node.kind !== 'task' && node.node.kind !== 'verify';
}

/** A cancelled node is no failure of what stands before it. */
function isBlocked(state: RunState, node: NodeState): boolean {
  return node.stage === 'cancelled' ? cannotBegin(state, node) : node.bad;
}

/** Why it stands there: empty for what runs or is over; several where several things hold it. Time-dependent ones are told as of `now`. */
export function explain(state: RunState, node: NodeState, now: number): readonly Explanation[] {
  const status = taskStatus(state, node);
  const plan = state.plans.get(node.node.plan) as PlanState;
  if (status === 'blocked') return blockers(state, node, plan);
  if (status === 'waiting') return [waitsFor(state, node)];
  if (status !== 'ready') return [];
  if (node.stage === 'cancelled') {
    const reason = lastAttempt(node)?.outcome?.reason;
    return [{ kind: 'cancelled', ...(reason === 'interrupted' || reason === 'deadline' ? { ended: true as const } : {}) }];
  }
  return [...heldByPeople(state, node, plan), ...heldByLimits(state, node, plan, now), ...heldByBranch(state, node, plan)];
}

function waitsFor(state: RunState, node: NodeState): Explanation {
  const before = state.graph.before[node.index] as readonly number[];
  const open = before.filter((index) => state.nodes[index]?.done === false);
  const nodes = open.slice(0, named).map((index) => state.nodes[index]?.node.id as NodeId);
  return { kind: 'waits-for', nodes, more: open.length - nodes.length, ...(node.node.quorum !== undefined && { need: node.open }) };
}

function blockers(state: RunState, node: NodeState, plan: PlanState): readonly Explanation[] {
  const seen = new Set<number>([node.index]);
  const found: NodeId[] = [];
  const stopped = new Set<PlanId>();
  if (isStopped(plan)) stopped.add(plan.plan.id);
  const queue = [node.index];
  for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
    for (const before of state.graph.before[index] as readonly number[]) {
      const other = state.nodes[before] as NodeState;
      if (seen.has(before) || !other.bad) continue;
      seen.add(before);
      if (other.stage === 'failed' || other.stage === 'cancelled') found.push(other.node.id);
      else if (isStopped(state.plans.get(other.node.plan) as PlanState)) stopped.add(other.node.plan);
      else queue.push(before);
    }
  }
  const explanations: Explanation[] = [...stopped].map((id) => ({ kind: 'plan-stopped', plan: id }));
  if (found.length > 0) explanations.unshift({ kind: 'blocked-by', nodes: found.slice(0, named), more: Math.max(0, found.length - named) });
  return explanations;
}

function isStopped(plan: PlanState): boolean {
  return plan.refused !== undefined || plan.conflict !== undefined;
}

function heldByPeople(state: RunState, node: NodeState, plan: PlanState): Explanation[] {
  const held: Explanation[] = [];
  if (state.paused) held.push({ kind: 'paused' });
  if (plan.paused) held.push({ kind: 'paused', plan: plan.plan.id });
  if (plan.takenOver) held.push({ kind: 'taken-over', plan: plan.plan.id });
  if (plan.awaited.has(node.index)) held.push({ kind: 'manual' });
  return held;
}

function heldByLimits(state: RunState, node: NodeState, plan: PlanState, now: number): Explanation[] {
  const { limits } = state.settings;
  const held: Explanation[] = [];
  if (node.notBefore > now) held.push({ kind: 'back-off', until: node.notBefore });
  for (const use of state.queue.usesOf(node.index)) {
    const pool = state.poolNames[use.pool] as string;
    const until = state.limited.get(pool) ?? 0;
    const used = state.poolUse[use.pool] ?? 0;
    if (until > now) held.push({ kind: 'limited', pool, until });
    else if (used > 0 && used + use.amount > capacityOf(state, use.pool)) held.push({ kind: 'pool', pool, heldBy: holders(state, use.pool) });
  }
  if (limits.cost !== undefined && state.cost >= limits.cost.amount) held.push({ kind: 'limit', limit: 'cost' });
  if (node.node.kind === 'task' && plan.slots.size >= slotsOf(state.settings)) held.push({ kind: 'limit', limit: 'per-plan' });
  else if (!plan.placed && limits.plans !== undefined && state.placed >= limits.plans) held.push({ kind: 'limit', limit: 'plans' });
  else if (state.running.size >= limits.tasks) held.push({ kind: 'limit', limit: 'tasks' });
  return held;
}

/** Attempts that draw from a pool; those that wait for their commit keep their files. */
function holders(state: RunState, pool: number): NodeId[] {
  const indices = new Set(state.running);
  for (const plan of state.plans.values()) for (const index of plan.slots.values()) indices.add(index);
  const held = [...indices].map((index) => foldOf(state).nodes[index]).filter((node) => node?.held.some((use) => use.pool === pool) === true);
  return held.slice(0, named).map((node) => node?.node.id as NodeId);
}

function heldByBranch(state: RunState, node: NodeState, plan: PlanState): Explanation[] {
  if (!plan.opened) return [{ kind: 'opening' }];
  const inputs = node.node.imports.filter((id) => !plan.integrated.has(id) && commitOf(state, id) !== undefined);
  return inputs.length === 0 ? [] : [{ kind: 'integrating', inputs }];
}
