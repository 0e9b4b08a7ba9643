/** Where a task stands and why, computed from the state and never stored. */
import type { NodeId, PlanId } from '../model/ids.js';
import type { NodeState, RunState } from './run-state.js';

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

/** Where a task or verify stands. Gates answer `waiting`, `blocked`, or `committed` once passed. */
export declare function taskStatus(state: RunState, node: NodeState): TaskStatus;

/** Why it stands there: empty for what runs or is over; several where several things hold it. Time-dependent ones are told as of `now`. */
export declare function explain(state: RunState, node: NodeState, now: number): readonly Explanation[];
