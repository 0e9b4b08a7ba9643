/** What no scheduler can beat: the longest chain of work, and the work that the slots have to share. */

import type { NodeId } from '../model/ids.js';
import type { Graph } from './graph.js';

/** The longest chain of work that has to be done one after another. */
export interface CriticalPath {
  /** Its tasks and verifications, first to last. */
  readonly nodes: readonly NodeId[];
  readonly seconds: number;
}

/** The chain that decides how long everything takes when nothing else is scarce. A gate with a quorum waits for the soonest. */
export function criticalPath(graph: Graph): CriticalPath {
  const finish = new Float64Array(graph.nodes.length);
  const decidedBy = new Int32Array(graph.nodes.length).fill(-1);
  let last = -1;
  for (const [index, node] of graph.nodes.entries()) {
    const before = graph.before[index] ?? [];
    const decider = node.quorum === undefined ? latestOf(before, finish) : soonest(before, finish, node.quorum);
    decidedBy[index] = decider;
    finish[index] = (finish[decider] ?? 0) + node.seconds;
    if (last < 0 || (finish[index] ?? 0) > (finish[last] ?? 0)) last = index;
  }
  const nodes: NodeId[] = [];
  for (let index = last; index >= 0; index = decidedBy[index] ?? -1) {
    const node = graph.nodes[index];
    if (node?.kind === 'task' || node?.kind === 'verify') nodes.push(node.id);
  }
  return { nodes: nodes.reverse(), seconds: finish[last] ?? 0 };
}

function latestOf(indexes: readonly number[], finish: Float64Array): number {
  let latest = -1;
  for (const index of indexes) if (latest < 0 || (finish[index] ?? 0) > (finish[latest] ?? 0)) latest = index;
  return latest;
}

/** The one of `indexes` whose end completes a quorum of `count`. */
function soonest(indexes: readonly number[], finish: Float64Array, count: number): number {
  const sorted = [...indexes].sort((one, other) => (finish[one] ?? 0) - (finish[other] ?? 0));
  return sorted[Math.min(count, sorted.length) - 1] ?? -1;
}

/**
 * Seconds below which nothing can go with so many slots: the critical path, the work divided by the slots, and for each pool
 * the work weighted by what it takes, divided by the capacity. `capacityOf` gives undefined for a pool without limit.
 */
export function lowerBound(graph: Graph, slots: number, capacityOf: (pool: string) => number | undefined = () => undefined): number {
  let work = 0;
  const drawn = new Float64Array(graph.pools.length);
  for (const node of graph.nodes) {
    work += node.seconds;
    for (const { pool, amount } of node.uses) drawn[pool] = (drawn[pool] ?? 0) + amount * node.seconds;
  }
  let bound = Math.max(criticalPath(graph).seconds, work / Math.max(1, slots));
  for (const [index, pool] of graph.pools.entries()) {
    const capacity = capacityOf(pool);
    if (capacity !== undefined && capacity > 0) bound = Math.max(bound, (drawn[index] ?? 0) / capacity);
  }
  return bound;
}
