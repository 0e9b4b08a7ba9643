/** Finds what waits for itself, and says it in the words in which it was stated. */

import { assert } from '../base/assert.js';
import type { NodeId } from '../model/ids.js';
import { adjacencyOf, type GraphDraft, type StatedEdge } from './graph-draft.js';

/** A circle of waiting. */
export interface Cycle {
  /** Each waits for the next; the last is the first again. Plans, phases and tasks as the user named them. */
  readonly path: readonly NodeId[];
  /** The dependencies that make it, as stated; removing any one of them opens this circle. */
  readonly stated: readonly StatedEdge[];
}

/** Cycles shown at once. */
const maxCycles = 20;
/** Stated edges of one component that are tried in search of its shortest circle. */
const maxTries = 30;

/** One cycle for each knot of nodes that wait for one another, at most 20; none when the draft has no cycle. */
export function findCycles(draft: GraphDraft): readonly Cycle[] {
  const waitsFor = adjacencyOf(draft.nodes.length, draft.targets, draft.sources);
  const component = stronglyConnected(waitsFor);
  const tries = new Map<number, number[]>();
  for (const [edge] of draft.stated) {
    const source = draft.sources[edge] ?? 0;
    const knot = component[source] ?? 0;
    if (knot !== component[draft.targets[edge] ?? 0]) continue;
    const found = tries.get(knot);
    if (found === undefined) tries.set(knot, [edge]);
    else if (found.length < maxTries) found.push(edge);
  }
  const cycles: Cycle[] = [];
  for (const edges of tries.values()) {
    if (cycles.length === maxCycles) break;
    let shortest: readonly number[] | undefined;
    for (const edge of edges) {
      const round = shortestRound(draft, waitsFor, component, edge);
      if (shortest === undefined || round.length < shortest.length) shortest = round;
    }
    assert(shortest !== undefined, 'a knot without a stated edge');
    cycles.push(describe(draft, shortest));
  }
  return cycles;
}

/** The nodes of a shortest circle through one edge, in the direction of waiting, beginning with the one that waits. */
function shortestRound(draft: GraphDraft, waitsFor: readonly number[][], component: Int32Array, edge: number): readonly number[] {
  const waiter = draft.targets[edge] ?? 0;
  const named = draft.sources[edge] ?? 0;
  const cameFrom = new Map<number, number>([[named, -1]]);
  const queue = [named];
  for (const node of queue) {
    if (node === waiter) break;
    for (const next of waitsFor[node] ?? []) {
      if (component[next] !== component[waiter] || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  const round: number[] = [];
  for (let node = cameFrom.get(waiter) ?? -1; node >= 0; node = cameFrom.get(node) ?? -1) round.push(node);
  return [waiter, ...round.reverse()];
}

function describe(draft: GraphDraft, round: readonly number[]): Cycle {
  const statedBetween = new Map<string, StatedEdge>();
  const members = new Set(round);
  for (const [edge, words] of draft.stated) {
    const source = draft.sources[edge] ?? 0;
    const target = draft.targets[edge] ?? 0;
    if (!members.has(source) || !members.has(target)) continue;
    const key = `${target} ${source}`;
    if (!statedBetween.has(key)) statedBetween.set(key, words);
  }
  const stated: StatedEdge[] = [];
  for (const [at, node] of round.entries()) {
    const words = statedBetween.get(`${node} ${round[(at + 1) % round.length] ?? node}`);
    if (words !== undefined) stated.push(words);
  }
  const names = compress(draft, stated.flatMap(({ waiter, named }) => [waiter, named]));
  return { path: [...names, names[0] ?? ''], stated };
}

/** Drops repetitions, and a plan or phase that stands beside its own task: the task says more. */
function compress(draft: GraphDraft, names: readonly NodeId[]): readonly NodeId[] {
  const round = [...names];
  for (let at = 0; at < round.length && round.length > 1; ) {
    const next = (at + 1) % round.length;
    const one = round[at] ?? '';
    const other = round[next] ?? '';
    if (one === other || (round.length > 2 && contains(draft, one, other))) round.splice(at, 1);
    else if (round.length > 2 && contains(draft, other, one)) round.splice(next, 1);
    else {
      at++;
      continue;
    }
    at = Math.max(0, at - 1);
  }
  return round;
}

function contains(draft: GraphDraft, outer: NodeId, inner: NodeId): boolean {
  const container = draft.nodes[draft.index(outer)];
  const item = draft.nodes[draft.index(inner)];
  if (container === undefined || item === undefined || container.plan !== item.plan) return false;
  if (container.kind === 'plan') return item.kind === 'phase' || item.kind === 'task';
  return container.kind === 'phase' && item.kind === 'task' && item.phase === container.phase;
}

/** The number of each node's strongly connected component: Tarjan's method, without recursion. */
export function stronglyConnected(next: readonly (readonly number[])[]): Int32Array {
  const size = next.length;
  const order = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const component = new Int32Array(size).fill(-1);
  const position = new Int32Array(size);
  const open: number[] = [];
  const path: number[] = [];
  let count = 0;
  let components = 0;
  for (let root = 0; root < size; root++) {
    if (order[root] !== -1) continue;
    path.push(root);
    while (path.length > 0) {
      const node = path[path.length - 1] ?? 0;
      if (order[node] === -1) {
        order[node] = low[node] = count++;
        open.push(node);
      }
      const child = next[node]?.[position[node] ?? 0];
      if (child === undefined) {
        path.pop();
        const parent = path[path.length - 1];
        if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
        if (low[node] !== order[node]) continue;
        for (let member = -1; member !== node; ) {
          member = open.pop() ?? node;
          component[member] = components;
        }
        components++;
      } else {
        position[node] = (position[node] ?? 0) + 1;
        if (order[child] === -1) path.push(child);
        else if (component[child] === -1) low[node] = Math.min(low[node] ?? 0, order[child] ?? 0);
      }
    }
  }
  return component;
}
