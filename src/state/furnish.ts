/** A state as it begins: every node idle, every plan unopened. */
import { assert } from '../base/assert.js';
import type { Graph } from '../graph/graph.js';
import type { NodeId, PlanId } from '../model/ids.js';
import type { Orchestration } from '../model/orchestration.js';
import type { ChangeableNode, ChangeablePlan, Fold, StateOptions } from './fold.js';
import { IndexedHeap } from './heap.js';
import { initialLanding } from './landing-state.js';
import { link } from './link.js';
import { ReadyQueue } from './ready-queue.js';
import type { RunState } from './run-state.js';

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
    replans: 0,
    cost: 0,
    counters: { tasks: 0, done: 0, failed: 0, running: 0, attempts: 0, commits: 0, conflicts: 0, lost: 0 },
    landing: initialLanding(''),
    queue: new ReadyQueue(0, 0, [], 0, []),
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
  return fold;
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
