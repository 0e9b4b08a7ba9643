/** Whether it pays to plan a run ahead, and the plan. */
import type { Graph } from '../graph/graph.js';
import type { Orchestration } from '../model/orchestration.js';
import { planAhead, type Effort } from '../scheduler/improve.js';
import { lowerBound, projectOf } from '../scheduler/project.js';
import type { StateOptions } from '../state/apply.js';
import { runVirtually, type VirtualRun } from './simulate-run.js';

/** What `emptyState` takes to follow a plan made ahead; empty: the scheduler's own order is as good. */
export type FollowedOrder = Pick<StateOptions, 'order' | 'plannedStart'>;

export interface Forecast {
  readonly run: VirtualRun;
  readonly follow: FollowedOrder;
}

/** Runs the orchestration virtually by the scheduler's own order and, where something can be won, by a plan made ahead; the shorter run. */
export function forecast(orchestration: Orchestration, graph: Graph, effort?: Effort): Forecast {
  const plain: Forecast = { run: runVirtually(orchestration, graph), follow: {} };
  const project = projectOf(graph, orchestration.settings, orchestration.settings.limits);
  if (plain.run.makespan <= lowerBound(project)) return plain;
  const planned = planAhead(project, effort);
  if (!planned || planned.makespan >= plain.run.makespan) return plain;
  const follow: FollowedOrder = { order: planned.rank, plannedStart: planned.start };
  const run = runVirtually(orchestration, graph, follow);
  return run.makespan < plain.run.makespan ? { run, follow } : plain;
}

/** Share of the expected work that has to have a stated estimate before a plan made ahead is followed for real. */
const statedShare = 0.8;
/** What a plan made ahead has to win before it is followed for real: estimates are never exact. */
const worthwhile = 0.04;

/**
 * The order that a real run is to follow; empty where estimates are guesses or nothing much is won. A plan made from wrong estimates
 * is worse than none: it has tasks wait for their turn. The same orchestration and graph give the same answer.
 */
export function orderToFollow(orchestration: Orchestration, graph: Graph): FollowedOrder {
  const priorities = new Set(orchestration.plans.map(({ priority }) => priority));
  // A plan made ahead knows no priorities: where they differ, what people want soonest comes first, not what ends all soonest.
  if (priorities.size > 1 || statedWork(orchestration, graph) < statedShare) return {};
  const plain = runVirtually(orchestration, graph);
  const { run, follow } = forecast(orchestration, graph);
  return run.makespan < (1 - worthwhile) * plain.makespan ? follow : {};
}

function statedWork(orchestration: Orchestration, graph: Graph): number {
  let stated = 0;
  let total = 0;
  for (const node of graph.nodes) total += node.seconds;
  for (const plan of orchestration.plans) {
    for (const phase of plan.phases) for (const task of phase.tasks) if (!task.done) stated += task.estimateSeconds ?? 0;
  }
  return total === 0 ? 0 : stated / total;
}
