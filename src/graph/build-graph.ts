/** Orchestration → graph: nodes for every plan, what the files and the manifest say about order, proof that nothing waits for itself. */

import { assert } from '../base/assert.js';
import { err, ok, type Result } from '../base/result.js';
import type { NodeId, PlanId } from '../model/ids.js';
import { featuresOf, type Orchestration, type Plan } from '../model/orchestration.js';
import { findCycles, stronglyConnected, type Cycle } from './cycle.js';
import type { LearnedSeconds } from './estimate.js';
import type { Graph, GraphNode } from './graph.js';
import { adjacencyOf, GraphDraft } from './graph-draft.js';
import { addPlan, wirePlan } from './plan-nodes.js';
import { filePools } from './pools.js';

/** What the graph may know besides the orchestration. */
export interface GraphOptions {
  /** Seconds that nodes took in earlier runs. */
  readonly learned?: LearnedSeconds;
}

/**
 * Builds the graph of an orchestration, in time linear in tasks and dependencies. On failure: the circles, one for each knot.
 * Every id that the orchestration refers to must exist; manifest/resolve.ts has proved it.
 */
export function buildGraph(orchestration: Orchestration, options: GraphOptions = {}): Result<Graph, readonly Cycle[]> {
  const draft = new GraphDraft();
  const pools = filePools(orchestration);
  for (const plan of orchestration.plans) addPlan(draft, plan, { settings: orchestration.settings, learned: options.learned, pools });
  for (const plan of orchestration.plans) wirePlan(draft, plan, orchestration.settings);
  wireLandings(draft, orchestration.plans);
  const order = topologicalOrder(adjacencyOf(draft.nodes.length, draft.targets, draft.sources));
  if (order === undefined) return err(findCycles(draft));
  chainPlans(draft, orchestration, order);
  return ok(finish(draft, order));
}

/**
 * A plan lands after the plans whose work it carries. Plans that carry each other's land together: each then waits for all of
 * them to be complete, so that what waits for one's landing is known to hold all of them up.
 */
function wireLandings(draft: GraphDraft, plans: readonly Plan[]): void {
  const position = new Map<PlanId, number>(plans.map((plan, index) => [plan.id, index]));
  const carries: Set<number>[] = plans.map(() => new Set());
  for (const [edge] of draft.stated) {
    const source = draft.nodes[draft.sources[edge] ?? 0]?.plan ?? '';
    const target = draft.nodes[draft.targets[edge] ?? 0]?.plan ?? '';
    if (source !== target) carries[position.get(target) ?? 0]?.add(position.get(source) ?? 0);
  }
  const knot = stronglyConnected(carries.map((each) => [...each]));
  const members = new Map<number, number[]>();
  for (const [plan, number] of knot.entries()) members.set(number, [...(members.get(number) ?? []), plan]);
  for (const together of members.values()) {
    const outside = new Set<number>();
    for (const plan of together) for (const other of carries[plan] ?? []) if (knot[other] !== knot[plan]) outside.add(other);
    for (const plan of together) {
      const landed = draft.index(`${plans[plan]?.id ?? ''}.landed`);
      for (const other of together) if (other !== plan) draft.edge(draft.index(plans[other]?.id ?? ''), landed);
      for (const other of outside) draft.edge(draft.index(`${plans[other]?.id ?? ''}.landed`), landed);
    }
  }
}

/** Nodes so that each comes after what it waits for, otherwise as they were added; undefined when there is a cycle. */
function topologicalOrder(before: readonly (readonly number[])[]): readonly number[] | undefined {
  const order: number[] = [];
  const state = new Uint8Array(before.length);
  const position = new Int32Array(before.length);
  const path: number[] = [];
  for (let root = 0; root < before.length; root++) {
    if (state[root] === 0) path.push(root);
    while (path.length > 0) {
      const node = path[path.length - 1] ?? 0;
      state[node] = 1;
      const at = position[node] ?? 0;
      position[node] = at + 1;
      const next = before[node]?.[at];
      if (next === undefined) {
        state[node] = 2;
        order.push(node);
        path.pop();
      } else if (state[next] === 1) {
        return undefined;
      } else if (state[next] === 0) {
        path.push(next);
      }
    }
  }
  return order;
}

/** Plans whose tasks must not run side by side become chains, along an order that holds already: no cycle can arise. */
function chainPlans(draft: GraphDraft, orchestration: Orchestration, order: readonly number[]): void {
  const chained = new Set(orchestration.plans.filter((plan) => !featuresOf(orchestration.settings, plan.id).parallelTasks).map(({ id }) => id));
  if (chained.size === 0) return;
  const last = new Map<PlanId, number>();
  for (const index of order) {
    const node = draft.nodes[index];
    if (node?.kind !== 'task' || !chained.has(node.plan)) continue;
    const previous = last.get(node.plan);
    if (previous !== undefined) draft.edge(previous, index);
    last.set(node.plan, index);
  }
}

function finish(draft: GraphDraft, order: readonly number[]): Graph {
  const place = new Int32Array(order.length);
  for (const [at, index] of order.entries()) place[index] = at;
  const sources = draft.sources.map((index) => place[index] ?? 0);
  const targets = draft.targets.map((index) => place[index] ?? 0);
  const before = adjacencyOf(order.length, targets, sources);
  const after = adjacencyOf(order.length, sources, targets);
  const indexOf = new Map<NodeId, number>();
  const poolIndex = new Map<string, number>();
  const gateImports: (readonly NodeId[])[] = [];
  const nodes: GraphNode[] = [];
  for (let at = 0; at < order.length; at++) {
    const draftNode = draft.nodes[order[at] ?? 0];
    assert(draftNode !== undefined, 'an order over nodes that do not exist');
    const { id, kind, plan, phase, quorum, seconds } = draftNode;
    const imports = importsOf(plan, before[at] ?? [], nodes, gateImports);
    gateImports.push(imports);
    const node: GraphNode = {
      id,
      kind,
      plan,
      ...(phase === undefined ? undefined : { phase }),
      ...(quorum === undefined ? undefined : { quorum }),
      imports: kind === 'task' || kind === 'verify' ? imports : none,
      seconds,
      uses: draftNode.uses === undefined ? nothing : drawnFrom(draftNode.uses, poolIndex),
    };
    indexOf.set(id, at);
    nodes.push(node);
  }
  return { nodes, before, after, indexOf, bottom: longestPaths(nodes, after), pools: [...poolIndex.keys()] };
}

function drawnFrom(uses: ReadonlyMap<string, number>, poolIndex: Map<string, number>): GraphNode['uses'] {
  const drawn: { pool: number; amount: number }[] = [];
  for (const [name, amount] of uses) {
    const pool = poolIndex.get(name) ?? poolIndex.size;
    if (pool === poolIndex.size) poolIndex.set(name, pool);
    drawn.push({ pool, amount });
  }
  return drawn;
}

/** Nodes of other plans that are reached against the arrows through gates of the own plan only. Equal lists are shared. */
function importsOf(plan: PlanId, before: readonly number[], nodes: readonly GraphNode[], gateImports: readonly (readonly NodeId[])[]): readonly NodeId[] {
  const direct: NodeId[] = [];
  let inherited: (readonly NodeId[])[] = [];
  for (const index of before) {
    const node = nodes[index];
    assert(node !== undefined, 'a node before its predecessors');
    if (node.plan !== plan) direct.push(node.id);
    else if (node.kind !== 'task' && node.kind !== 'verify') {
      const imports = gateImports[index] ?? none;
      if (imports.length > 0 && !inherited.includes(imports)) inherited = [...inherited, imports];
    }
  }
  if (direct.length === 0 && inherited.length === 0) return none;
  if (direct.length === 0) {
    const longest = inherited.reduce((one, other) => (other.length > one.length ? other : one), none);
    const known = new Set(longest);
    if (inherited.every((each) => each === longest || each.every((id) => known.has(id)))) return longest;
  }
  return [...new Set([...inherited.flat(), ...direct])];
}

const none: readonly NodeId[] = [];
const nothing: GraphNode['uses'] = [];

/** Seconds from each node's start to the end of everything, along the longest way. */
function longestPaths(nodes: readonly GraphNode[], after: readonly (readonly number[])[]): Float64Array {
  const bottom = new Float64Array(nodes.length);
  for (let index = nodes.length - 1; index >= 0; index--) {
    let longest = 0;
    for (const next of after[index] ?? []) longest = Math.max(longest, bottom[next] ?? 0);
    bottom[index] = longest + (nodes[index]?.seconds ?? 0);
  }
  return bottom;
}
