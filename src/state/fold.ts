/** The state from the inside: what apply may change, and how a state begins. */
import { assert } from '../base/assert.js';
import type { Graph } from '../graph/graph.js';
import type { AttemptOutcome } from '../model/event.js';
import type { CommitId, NodeId, PhaseId, PlanId } from '../model/ids.js';
import { executionOf, type Execution, type Orchestration, type Settings } from '../model/orchestration.js';
import { poolCapacity } from './capacity.js';
import { IndexedHeap } from './heap.js';
import { initialLanding } from './landing-state.js';
import { link } from './link.js';
import type { FollowedPlan } from './planned.js';
import { ReadyQueue, type PoolUse } from './ready-queue.js';
import type { AttemptState, Counters, NodeState, Overlap, PhaseState, PlanCounts, PlanState, QueuedCommit, RunState } from './run-state.js';

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

/** The state of a run before its first event: ticked tasks are done, everything else is open. */
export function emptyState(orchestration: Orchestration, graph: Graph, options: StateOptions = {}): RunState {
  const fold: Fold = {
    run: '',
    orchestration,
    graph,
    settings: orchestration.settings,
    target: { ref: orchestration.target, commit: '' },
    refs: {},
    entries: 0,
    startedAt: 0,
    at: 0,
    paused: false,
    nodes: [],
    plans: new Map(),
    planList: [],
    running: new Set(),
    cancelling: new Set(),
    failedVerifies: 0,
    placed: 0,
    busy: 0,
    pending: 0,
    byHandReady: 0,
    planned: undefined,
    limited: new Map(),
    poolUse: [],
    overlaps: new Map(),
    starts: 0,
    cost: 0,
    counters: { tasks: 0, done: 0, failed: 0, running: 0, attempts: 0, commits: 0, conflicts: 0, lost: 0 },
    landing: initialLanding(''),
    queue: new ReadyQueue(0, 0, [], 0),
    agenda: new Set(),
    delayed: new IndexedHeap([], []),
    landingVersion: 0,
    poolNames: [],
    poolIndex: new Map(),
    touched: new Set(),
    options,
    notBefore: new Float64Array(0),
  };
  furnish(fold, orchestration, graph);
  link(fold);
  return fold as unknown as RunState;
}

/** Gives the fold fresh nodes and plans for a structure; `link` then connects them. */
export function furnish(fold: Fold, orchestration: Orchestration, graph: Graph): void {
  fold.orchestration = orchestration;
  fold.graph = graph;
  fold.poolNames = [...graph.pools];
  fold.poolIndex = new Map(graph.pools.map((name, index) => [name, index]));
  fold.planList = orchestration.plans.map((plan, index) => freshPlan(plan, index));
  fold.plans = new Map(fold.planList.map((plan) => [plan.plan.id, plan]));
  const ticked = new Set<NodeId>();
  for (const plan of orchestration.plans) for (const phase of plan.phases) for (const task of phase.tasks) if (task.done) ticked.add(task.id);
  fold.nodes = graph.nodes.map((node, index) => ({
    node,
    owner: ownerOf(fold, node.plan),
    manual: false,
    index,
    done: false,
    open: 0,
    blocked: 0,
    bad: false,
    held: [],
    stage: ticked.has(node.id) ? 'ticked' : 'idle',
    attempts: [],
    failures: 0,
    conflicts: 0,
    notBefore: 0,
    byHand: undefined,
    commit: undefined,
    note: undefined,
    cancelRequested: false,
    afterAttempt: undefined,
  }));
  for (const node of fold.nodes) attachToPlan(node);
  restsOn(fold);
}

function freshPlan(plan: Orchestration['plans'][number], index: number): ChangeablePlan {
  return {
    plan,
    index,
    opened: false,
    tip: undefined,
    adopted: false,
    integrated: new Map(),
    contains: new Map(),
    moving: undefined,
    placed: false,
    busy: false,
    pending: 0,
    publishable: new Set(),
    completable: false,
    byHandReady: new Set(),
    awaited: new Set(),
    refused: undefined,
    conflict: undefined,
    paused: false,
    takenOver: false,
    completed: undefined,
    landed: false,
    phases: new Map(
      plan.phases.map((phase) => [phase.id, { id: `${plan.id}.phase${phase.id}`, candidate: undefined, published: undefined, generations: 0, left: 0, verifies: [], gate: -1 }]),
    ),
    commitQueue: [],
    slots: new Map(),
    running: 0,
    stale: new Set(),
    restsOn: [],
    counts: { tasks: 0, done: 0, failed: 0 },
    work: [],
    gate: -1,
    landedGate: -1,
  };
}

function ownerOf(fold: Fold, id: PlanId): ChangeablePlan {
  const plan = fold.plans.get(id);
  assert(plan, `the graph names a plan that the orchestration does not have: ${id}`);
  return plan;
}

function attachToPlan(node: ChangeableNode): void {
  const plan = node.owner;
  const phase = node.node.phase === undefined ? undefined : plan.phases.get(node.node.phase);
  switch (node.node.kind) {
    case 'task':
      plan.work.push(node.index);
      break;
    case 'verify':
      plan.work.push(node.index);
      phase?.verifies.push(node.index);
      break;
    case 'phase':
      if (phase) phase.gate = node.index;
      break;
    case 'plan':
      plan.gate = node.index;
      break;
    case 'landed':
      plan.landedGate = node.index;
      break;
    default:
  }
}

/** Which plans' work each plan holds in the end: directly by its imports and edges, and through those. */
function restsOn(fold: Fold): void {
  const direct = fold.planList.map(() => new Set<number>());
  const indexOf = (id: PlanId): number => fold.plans.get(id)?.index ?? -1;
  fold.graph.before.forEach((before, index) => {
    const plan = fold.graph.nodes[index]?.plan as PlanId;
    for (const other of before) {
      const from = fold.graph.nodes[other]?.plan as PlanId;
      if (from !== plan) direct[indexOf(plan)]?.add(indexOf(from));
    }
  });
  for (const plan of fold.planList) {
    const seen = new Set<number>();
    const stack = [...(direct[plan.index] as Set<number>)];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (seen.has(next) || next === plan.index) continue;
      seen.add(next);
      stack.push(...(direct[next] as Set<number>));
    }
    plan.restsOn = fold.planList.filter((other) => seen.has(other.index)).map((other) => other.plan.id);
  }
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
