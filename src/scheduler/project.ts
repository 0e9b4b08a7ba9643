/** A graph as a scheduling problem: activities with durations, what comes before what, and resources with capacities. */
import type { Graph, GraphNode } from '../graph/graph.js';
import type { Settings } from '../model/orchestration.js';
import { poolCapacity, slotsOf } from '../state/capacity.js';

/** Resource-constrained project: every node of a graph is an activity with the same index, gates included. */
export interface Project {
  readonly size: number;
  /** Milliseconds, whole numbers. */
  readonly duration: Float64Array;
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  /** Predecessors that have to be over; only where that is fewer than all. */
  readonly quorum: ReadonlyMap<number, number>;
  /** What an activity takes while it runs. */
  readonly demands: readonly (readonly Demand[])[];
  readonly capacity: Float64Array;
}

export interface Demand {
  readonly resource: number;
  readonly amount: number;
}

/** The limits that decide how much fits side by side. */
export interface ProjectLimits {
  readonly tasks: number;
}

const none: readonly Demand[] = [];

/** The project of a graph under its settings. Landings take no time in it, and plans are not limited in number. */
export function projectOf(graph: Graph, settings: Settings, limits: ProjectLimits): Project {
  const resources = new Resources();
  const work = graph.nodes.filter((node) => node.seconds > 0).length;
  const perPlan = slotsOf(settings);
  const quorum = new Map<number, number>();
  const demands = graph.nodes.map((node, index) => {
    const before = (graph.before[index] as readonly number[]).length;
    if (node.quorum !== undefined && node.quorum < before) quorum.set(index, node.quorum);
    if (node.seconds <= 0) return none;
    const own: Demand[] = [];
    if (limits.tasks < work) own.push({ resource: resources.index('tasks', limits.tasks), amount: 1 });
    if (node.kind === 'task' && perPlan < limits.tasks) own.push({ resource: resources.index(`plan ${node.plan}`, perPlan), amount: 1 });
    own.push(...poolDemands(graph, settings, node, resources));
    return own;
  });
  return {
    size: graph.nodes.length,
    duration: Float64Array.from(graph.nodes, (node) => Math.max(0, Math.round(node.seconds * 1000))),
    before: graph.before,
    after: graph.after,
    quorum,
    demands,
    capacity: Float64Array.from(resources.capacity),
  };
}

function poolDemands(graph: Graph, settings: Settings, node: GraphNode, resources: Resources): Demand[] {
  return node.uses.flatMap((use) => {
    const name = graph.pools[use.pool] as string;
    const capacity = poolCapacity(settings, name);
    if (!Number.isFinite(capacity) || capacity <= 0) return [];
    return [{ resource: resources.index(`pool ${name}`, capacity), amount: Math.min(use.amount, capacity) }];
  });
}

class Resources {
  readonly capacity: number[] = [];
  private readonly indices = new Map<string, number>();

  index(name: string, capacity: number): number {
    const known = this.indices.get(name);
    if (known !== undefined) return known;
    this.indices.set(name, this.capacity.length);
    return this.capacity.push(capacity) - 1;
  }
}

/** No schedule can be shorter, in milliseconds: the longest path, and for each resource the work that it has to carry. */
export function lowerBound(project: Project): number {
  let bound = Math.max(0, ...longestFrom(project));
  const load = new Float64Array(project.capacity.length);
  project.demands.forEach((demands, index) => {
    for (const demand of demands) load[demand.resource] = (load[demand.resource] as number) + demand.amount * (project.duration[index] as number);
  });
  load.forEach((work, resource) => (bound = Math.max(bound, Math.ceil(work / (project.capacity[resource] as number)))));
  return bound;
}

/** Longest remaining path from each activity's start, in milliseconds. A quorum's path counts only where all are needed. */
export function longestFrom(project: Project): Float64Array {
  const longest = new Float64Array(project.size);
  for (let index = project.size - 1; index >= 0; index--) {
    let most = 0;
    for (const next of project.after[index] as readonly number[]) if (!project.quorum.has(next)) most = Math.max(most, longest[next] as number);
    longest[index] = most + (project.duration[index] as number);
  }
  return longest;
}
