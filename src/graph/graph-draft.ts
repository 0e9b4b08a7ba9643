/** A graph while it is being built: nodes and edges in the order in which they were said, cycles still possible. */

import { assert } from '../base/assert.js';
import type { NodeId } from '../model/ids.js';
import type { GraphNode } from './graph.js';

/** A node before its imports are known. `uses` are filled in by pool name. */
export interface DraftNode {
  readonly id: NodeId;
  readonly kind: GraphNode['kind'];
  readonly plan: string;
  readonly phase?: string;
  readonly quorum?: number;
  readonly seconds: number;
  readonly uses?: ReadonlyMap<string, number>;
}

/** Why an edge is there, in the words of whoever stated it: `waiter` (a plan, phase or task) waits for `named`. */
export interface StatedEdge {
  readonly waiter: NodeId;
  readonly named: NodeId;
}

/** Collects nodes and edges. An edge goes from what has to be done to what waits for it. */
export class GraphDraft {
  readonly nodes: DraftNode[] = [];
  readonly indexOf = new Map<NodeId, number>();
  readonly sources: number[] = [];
  readonly targets: number[] = [];
  /** By edge number; edges of the structure itself have none. */
  readonly stated = new Map<number, StatedEdge>();

  add(node: DraftNode): number {
    assert(!this.indexOf.has(node.id), `two nodes are named ${node.id}`);
    this.indexOf.set(node.id, this.nodes.length);
    return this.nodes.push(node) - 1;
  }

  index(id: NodeId): number {
    const index = this.indexOf.get(id);
    assert(index !== undefined, `no node is named ${id}`);
    return index;
  }

  /** An edge that follows from the structure: a barrier, a gate. */
  edge(before: number, after: number): void {
    this.sources.push(before);
    this.targets.push(after);
  }

  /** An edge that somebody stated, at `waiter`. */
  state(named: NodeId, after: number, waiter: NodeId): void {
    this.stated.set(this.sources.length, { waiter, named });
    this.edge(this.index(named), after);
  }

  /** Every one of `before` precedes every one of `after`; through a gate where that is fewer edges. */
  barrier(before: readonly number[], after: readonly number[], gate: () => DraftNode): void {
    if (before.length > 1 && after.length > 1) {
      const joint = this.add(gate());
      for (const each of before) this.edge(each, joint);
      for (const each of after) this.edge(joint, each);
    } else {
      for (const one of before) for (const other of after) this.edge(one, other);
    }
  }
}

/** Neighbours of every node in one direction, without repetition; `adjacency[node]` lists indexes. */
export function adjacencyOf(size: number, from: readonly number[], to: readonly number[]): number[][] {
  const lists: number[][] = Array.from({ length: size }, () => []);
  for (let edge = 0; edge < from.length; edge++) lists[from[edge] ?? 0]?.push(to[edge] ?? 0);
  const seen = new Int32Array(size).fill(-1);
  for (let node = 0; node < size; node++) {
    const list = lists[node] ?? [];
    if (list.length < 2) continue;
    lists[node] = list.filter((each) => {
      if (seen[each] === node) return false;
      seen[each] = node;
      return true;
    });
  }
  return lists;
}
