/** In which order ready work starts where not all of it can: decided once for a graph, before anything runs. */
import type { Graph } from '../graph/graph.js';
import type { PlanId } from '../model/ids.js';
import type { Orchestration, Settings } from '../model/orchestration.js';
import { poolCapacity } from './capacity.js';

/** Above this many nodes the work that hangs on each is not added up: it takes a set of successors for every node. */
const mostForSuccessors = 4_000;
/** How much the demand of all that comes after counts against the length of the longest path; found by trying on published instances. */
const weightOfDemand = 0.2;

/**
 * A place for each node, smaller is sooner: first the priority of its plan (or of a more urgent plan that waits for it), then the
 * longest remaining path, then how many nodes come after it, then the place in the graph. Where pools are scarcer than places for
 * tasks, the path is counted from the node's end and the demand of what comes after is added: a latest-finish-time rule.
 */
export function ranking(orchestration: Orchestration, graph: Graph, settings: Settings): Int32Array {
  const size = graph.nodes.length;
  const priority = inherited(orchestration, graph);
  const demand = graph.nodes.map((node) => node.uses.reduce((sum, use) => sum + share(use.amount, poolCapacity(settings, graph.pools[use.pool] as string)), 0));
  const byPools = poolsAreScarce(graph, settings);
  const small = size <= mostForSuccessors;
  const work = small ? sumOverSuccessors(graph, (index) => byPools ? (graph.nodes[index]?.seconds as number) * (demand[index] as number) : 1) : new Float64Array(size);
  const urgency = Float64Array.from(graph.bottom, (path, index) => (byPools ? path - (graph.nodes[index]?.seconds as number) + weightOfDemand * (work[index] as number) : path));
  const order = Int32Array.from({ length: size }, (_, index) => index);
  order.sort(
    (a, b) =>
      (priority[b] as number) - (priority[a] as number) || (urgency[b] as number) - (urgency[a] as number) || (work[b] as number) - (work[a] as number) || a - b,
  );
  const rank = new Int32Array(size);
  order.forEach((node, place) => (rank[node] = place));
  return rank;
}

function share(amount: number, capacity: number): number {
  return Number.isFinite(capacity) && capacity > 0 ? Math.min(1, amount / capacity) : 0;
}

/** The priority of the plan, or of the most urgent one that waits for the node. Landing has an order of its own. */
function inherited(orchestration: Orchestration, graph: Graph): Float64Array {
  const own = new Map<PlanId, number>(orchestration.plans.map((plan) => [plan.id, plan.priority]));
  const priority = Float64Array.from(graph.nodes, (node) => own.get(node.plan) ?? 0);
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    for (const next of graph.after[index] as readonly number[]) {
      if (graph.nodes[next]?.kind !== 'landed' && (priority[next] as number) > (priority[index] as number)) priority[index] = priority[next] as number;
    }
  }
  return priority;
}

/** True when some pool has more work to carry, for its capacity, than the places for tasks have. */
function poolsAreScarce(graph: Graph, settings: Settings): boolean {
  const load = new Float64Array(graph.pools.length);
  let total = 0;
  for (const node of graph.nodes) {
    total += node.seconds;
    for (const use of node.uses) load[use.pool] = (load[use.pool] as number) + node.seconds * share(use.amount, poolCapacity(settings, graph.pools[use.pool] as string));
  }
  return load.some((one) => one > total / settings.limits.tasks);
}

/** For each node the sum over itself and everything that comes after it, directly or not: each counted once. */
function sumOverSuccessors(graph: Graph, value: (index: number) => number): Float64Array {
  const size = graph.nodes.length;
  const words = (size + 31) >> 5;
  const sets = new Uint32Array(size * words);
  const sums = new Float64Array(size);
  for (let index = size - 1; index >= 0; index--) {
    const offset = index * words;
    for (const next of graph.after[index] as readonly number[]) {
      for (let word = next >> 5; word < words; word++) sets[offset + word] = (sets[offset + word] as number) | (sets[next * words + word] as number);
    }
    sets[offset + (index >> 5)] = (sets[offset + (index >> 5)] as number) | (1 << (index & 31));
    for (let word = index >> 5; word < words; word++) {
      for (let bits = sets[offset + word] as number; bits !== 0; bits &= bits - 1) sums[index] = (sums[index] as number) + value((word << 5) + 31 - Math.clz32(bits & -bits));
    }
  }
  return sums;
}
