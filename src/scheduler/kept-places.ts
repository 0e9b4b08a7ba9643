/** Places among the running that are kept for what follows at once from what has ended. */
import type { Orchestration } from '../model/orchestration.js';
import { slotsOf } from '../state/capacity.js';
import { foldOf } from '../state/fold.js';
import type { NodeState, RunState } from '../state/run-state.js';

/** Looking further than this for a successor costs more than a place that is kept without need. */
const furthest = 64;

const lowest = new WeakMap<Orchestration, number>();

/**
 * How many places to keep. What has ended and is not committed yet keeps its place where its commit makes something ready that is more
 * urgent than all that is ready now, or frees the worktree that its plan's next task needs while plans of lower priority wait; else a
 * place would go to lesser work in the moment before that is known.
 */
export function keptPlaces(state: RunState): number {
  const best = state.queue.best();
  if (state.pending === 0 || best === undefined) return state.pending;
  const rank = state.queue.rank[best.node] as number;
  let kept = state.pending;
  const plans = foldOf(state).planList;
  for (const index of state.agenda) {
    const plan = plans[index];
    if (plan === undefined || plan.pending === 0) continue;
    const freesWorktree = plan.slots.size >= slotsOf(state.settings) && plan.plan.priority > lowestPriority(state.orchestration);
    for (const { node } of plan.commitQueue) if (!freesWorktree && !opensBetter(state, node, rank)) kept -= 1;
  }
  return kept;
}

function lowestPriority(orchestration: Orchestration): number {
  let priority = lowest.get(orchestration);
  if (priority === undefined) lowest.set(orchestration, (priority = orchestration.plans.reduce((least, plan) => Math.min(least, plan.priority), Number.POSITIVE_INFINITY)));
  return priority;
}

/** True when some work that waits for nothing but this node comes before the rank. */
function opensBetter(state: RunState, node: number, rank: number): boolean {
  const stack = [node];
  for (let seen = 0; stack.length > 0; seen += 1) {
    if (seen === furthest) return true;
    for (const after of state.graph.after[stack.pop() as number] ?? []) {
      const next = state.nodes[after] as NodeState;
      if (next.done || next.open > 1) continue;
      const isWork = next.node.kind === 'task' || next.node.kind === 'verify';
      if (!isWork) stack.push(after);
      else if ((state.queue.rank[after] as number) < rank) return true;
    }
  }
  return false;
}
