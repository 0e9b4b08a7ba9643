import type { NodeId, PhaseId, PlanId } from '../model/ids.js';

/**
 * Everything that can be waited for, and what waits for it. Gates (all kinds but `task` and `verify`) take no time:
 * they keep barriers linear in the number of tasks. Proved without cycle; `nodes` is in topological order.
 */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** Predecessors and successors by node index. */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly indexOf: ReadonlyMap<NodeId, number>;
  /** Seconds of the longest remaining path from the node's start to the end of everything, by node index. */
  readonly bottom: Float64Array;
  /** Names of pools that nodes draw from; capacities come from the limits of the moment. */
  readonly pools: readonly string[];
}

export interface GraphNode {
  readonly id: NodeId;
  /**
   * `start` `A.start`: what the plan waits for is there. `open` `A.phase2.open`: the phase's tasks may begin.
   * `group`: a barrier inside a phase. `phase` `A.phase2`: published. `verify`: a phase's or the plan's check.
   * `plan` `A`: complete. `landed` `A.landed`: in the target.
   */
  readonly kind: 'task' | 'verify' | 'start' | 'open' | 'group' | 'phase' | 'plan' | 'landed';
  readonly plan: PlanId;
  readonly phase?: PhaseId;
  /** Done when this many of its predecessors are done; absent: all of them. */
  readonly quorum?: number;
  /** Nodes of other plans whose published commits must be in the plan's branch before this node (task or verify) starts. */
  readonly imports: readonly NodeId[];
  /** Expected seconds; 0 for gates. */
  readonly seconds: number;
  /** Amounts taken from pools (by index in `pools`) while it runs. Files that two tasks would both write are pools of capacity 1, named `file:…`. */
  readonly uses: readonly { readonly pool: number; readonly amount: number }[];
}
