/** The state from the inside: what apply may change, and how a state begins. */
import type { Graph } from '../graph/graph.js';
import type { AttemptOutcome } from '../model/event.js';
import type { CommitId, NodeId, PhaseId, PlanId } from '../model/ids.js';
import { executionOf, type Execution, type Orchestration, type Settings } from '../model/orchestration.js';
import { poolCapacity } from './capacity.js';
import type { PoolUse } from './ready-queue.js';
import type { AttemptState, Counters, NodeState, Overlap, PhaseState, PlanCounts, PlanState, QueuedCommit, RunState, FollowedPlan } from './run-state.js';

/** Without `readonly`, one level deep. */
export type Changeable<T> = { -readonly [K in keyof T]: T[K] };

export type ChangeableAttempt = Changeable<AttemptState>;
export type ChangeableNode = Changeable<Omit<NodeState, 'attempts'>> & {
  attempts: ChangeableAttempt[];
  /** What its attempt has taken from pools and not given back. */
  held: readonly PoolUse[];
  owner: ChangeablePlan;
};
export type ChangeablePhase = Changeable<PhaseState> & {
  /** Tasks of the phase that are not done. */
  left: number;
  /** Node indices of its verifies. */
  verifies: number[];
  gate: number;
};
export type ChangeablePlan = Changeable<
  Omit<PlanState, 'integrated' | 'contains' | 'phases' | 'commitQueue' | 'slots' | 'stale' | 'counts' | 'publishable' | 'byHandReady' | 'awaited'>
> & {
  awaited: Set<number>;
  integrated: Map<NodeId, CommitId>;
  contains: ReadonlyMap<NodeId, number>;
  phases: Map<PhaseId, ChangeablePhase>;
  commitQueue: QueuedCommit[];
  slots: Map<number, number>;
  stale: Set<NodeId>;
  counts: Changeable<PlanCounts>;
  publishable: Set<number>;
  byHandReady: Set<number>;
  /** Node indices of all its tasks and verifies, in graph order. */
  work: number[];
  /** Node indices of its gates `A` and `A.landed`. */
  gate: number;
  landedGate: number;
};

/** The state as the fold sees it. */
export type Fold = Changeable<
  Omit<RunState, 'nodes' | 'plans' | 'running' | 'cancelling' | 'planned' | 'poolNames' | 'limited' | 'poolUse' | 'overlaps' | 'counters' | 'agenda'>
> & {
  nodes: ChangeableNode[];
  plans: Map<PlanId, ChangeablePlan>;
  planList: ChangeablePlan[];
  running: Set<number>;
  cancelling: Set<number>;
  planned: FollowedPlan | undefined;
  limited: Map<string, number>;
  poolUse: number[];
  overlaps: Map<string, Overlap>;
  counters: Changeable<Counters>;
  agenda: Set<number>;
  poolNames: string[];
  poolIndex: Map<string, number>;
  /** Plans that the entry being folded has touched. */
  touched: Set<ChangeablePlan>;
  options: StateOptions;
  notBefore: Float64Array;
};

/** What a state needs besides its journal. */
export interface StateOptions {
  /** Makes the graph of a replanned orchestration; without it a `run.replanned` entry is a bug of ours. */
  readonly buildGraph?: (orchestration: Orchestration) => Graph;
  /** Order of start among ready nodes by node index, smaller is sooner; absent: plan priority, longest remaining path, index. */
  readonly order?: ArrayLike<number>;
  /** Milliseconds after the run's start at which a plan made ahead has each node start, by node index; `order` sorts by it. */
  readonly plannedStart?: ArrayLike<number>;
}

/** The fold behind a state. Every state is made here, so that the cast is safe. */
export function foldOf(state: RunState): Fold {
  return state as unknown as Fold;
}

/** How nodes are carried out, without asking the settings for every one: only the tasks that differ from their plan are looked up. */
export function executionLookup(settings: Settings): (node: ChangeableNode) => Execution {
  const apart = new Set(Object.keys(settings.execution).filter((key) => key.includes('.')));
  const ofPlans = new Map<PlanId, Execution>();
  return (node) => {
    if (apart.has(node.node.id)) return executionOf(settings, node.node.id);
    let found = ofPlans.get(node.node.plan);
    if (!found) {
      found = executionOf(settings, node.node.plan);
      ofPlans.set(node.node.plan, found);
    }
    return found;
  };
}

/** What starting a node takes from pools, the pool of the agent that would carry it out included. */
export function poolUses(fold: Fold, node: ChangeableNode, { executor }: Execution): readonly PoolUse[] {
  const uses = node.node.uses;
  if (executor.kind !== 'agent') return uses;
  let pool = fold.poolIndex.get(executor.agent);
  if (pool === undefined) {
    pool = fold.poolNames.push(executor.agent) - 1;
    fold.poolIndex.set(executor.agent, pool);
    fold.poolUse.push(0);
  }
  return uses.some((use) => use.pool === pool) ? uses : [...uses, { pool, amount: 1 }];
}

/** Capacity of a pool by its index. */
export function capacityOf(state: RunState, pool: number): number {
  return poolCapacity(state.settings, state.poolNames[pool] as string);
}

/** Name of a pool by its index. */
export function poolName(state: RunState, pool: number): string {
  return foldOf(state).poolNames[pool] as string;
}

/** An attempt that costs neither a retry nor a back-off. */
export function isFree(outcome: AttemptOutcome): boolean {
  return outcome.result === 'cancelled' || outcome.result === 'lost' || (outcome.reason === 'limit' && outcome.limitedUntil !== undefined);
}

/** Files that a task is expected to write stay its own until its work is on the branch: the next one builds on that. */
export function isFilePool(name: string): boolean {
  return name.startsWith('file:');
}
