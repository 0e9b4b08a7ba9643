/** A run as rows for people: a snapshot in plain data, taken from the folded state. Everything that shows a run draws from it. */
import type { RunOutcome } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import { type CommitId, type NodeId, type PhaseId, type PlanId, type RunId } from '../model/ids.js';
import type { Task } from '../model/orchestration.js';
import type { Graph } from '../graph/graph.js';
import { lastAttempt, type NodeState, type PlanState, type RunState } from '../state/run-state.js';
import type { Explanation, TaskStatus } from '../state/task-status.js';
import { landingView, type LandingView } from './landing-view.js';
import { runCommand } from './run-command.js';
import { reasonsOf, statusOf } from './standing.js';
import { countTasks, sumCounts, type TaskCounts } from './task-counts.js';

/** One picture of a run. Times are milliseconds since the epoch, spans milliseconds. */
export interface RunView {
  readonly run: RunId;
  readonly manifest: string;
  readonly target: string;
  /** Number of journal entries that it shows: grows with every fact. */
  readonly entries: number;
  readonly startedAt: number;
  /** When the picture was taken; the last entry's time where the run is over. */
  readonly at: number;
  /** `stopped`: it is not finished and no process works on it. */
  readonly state: 'running' | 'paused' | 'stopped' | 'finished';
  readonly outcome?: RunOutcome;
  /** The command that goes on with the run, ready to be pasted. */
  readonly goOn: string;
  readonly plans: readonly PlanRow[];
  readonly tasks: TaskCounts;
  /** Sum of what attempts cost, in the currency of the limit; 0 where nobody said. */
  readonly cost: number;
  readonly landing: LandingView;
  /** Plans whose branches are foreseen not to merge. */
  readonly overlaps: readonly { readonly plans: readonly [PlanId, PlanId]; readonly files: readonly string[] }[];
  /** Pools that start nothing before a time. */
  readonly limited: readonly { readonly pool: string; readonly until: number }[];
}

/**
 * `refused`, `conflict`, `dropped`: a person has to act. `failed`: a task of its own failed and nothing of it can go on;
 * `blocked`: what failed is another plan's. `by-hand`: a person took it over.
 */
export type PlanStatus = 'waiting' | 'ready' | 'running' | 'paused' | 'by-hand' | 'blocked' | 'failed' | 'refused' | 'conflict' | 'complete' | 'dropped' | 'landed';

export interface PlanRow {
  readonly id: PlanId;
  readonly title: string;
  readonly branch: string;
  readonly priority: number;
  readonly status: PlanStatus;
  /** The phase of what runs, else of what is next; absent when all is done. */
  readonly phase?: { readonly id: PhaseId; readonly title: string };
  /** Attempts under way, and those whose work is being committed. */
  readonly running: readonly RunningRow[];
  readonly tasks: TaskCounts;
  /** Why the next of its tasks does not go on; empty where something of it runs or all is done. */
  readonly reasons: readonly Explanation[];
  /** Failed tasks and verifies, with the last attempt's words. */
  readonly failures: readonly FailedRow[];
  readonly refused?: Failure;
  readonly conflict?: { readonly input: NodeId; readonly files: readonly string[] };
  /** From the first attempt's start to now, or to the last attempt's end where nothing runs; absent before. */
  readonly elapsedMs?: number;
  readonly tip?: CommitId;
  /** Published phases, with their generation and commit. */
  readonly published: readonly { readonly phase: PhaseId; readonly generation: number; readonly commit: CommitId }[];
  /** Publications of others that its branch was built on and that no longer hold. */
  readonly stale: readonly NodeId[];
}

export interface RunningRow {
  readonly node: NodeId;
  readonly title: string;
  readonly kind: 'task' | 'verify';
  readonly attempt: number;
  readonly startedAt: number;
  /** A person does it. */
  readonly byHand: boolean;
  /** Its attempt passed; its work is on the way to the branch. */
  readonly committing: boolean;
  /** What it does now, as its executor says. */
  readonly doing?: string;
}

export interface FailedRow {
  readonly node: NodeId;
  readonly title: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly exitCode?: number;
  readonly note?: string;
  /** Ref of the work that was kept. */
  readonly salvaged?: string;
}

/** What a picture needs besides the state. */
export interface ViewOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** False: no process works on the run. Default true. */
  readonly live?: boolean;
  /** What running attempts said last, by node. */
  readonly doing?: ReadonlyMap<NodeId, string>;
  /** The command that goes on with the run, as its reader can paste it. Absent: for one who stands at the repository's top. */
  readonly goOn?: string;
}

/** The picture of this moment. */
export function viewRun(state: RunState, options: ViewOptions): RunView {
  const live = options.live ?? true;
  const over = state.finished !== undefined || !live;
  const now = over ? state.at : options.now;
  const plans = [...state.plans.values()].map((plan) => planRow(state, plan, { ...options, now }));
  return {
    run: state.run,
    manifest: state.orchestration.manifest,
    target: state.target.ref,
    entries: state.entries,
    startedAt: state.startedAt,
    at: now,
    state: state.finished !== undefined ? 'finished' : !live ? 'stopped' : state.paused ? 'paused' : 'running',
    ...(state.finished === undefined ? {} : { outcome: state.finished }),
    goOn: options.goOn ?? runCommand(state.orchestration.manifest),
    plans,
    tasks: sumCounts(plans.map((plan) => plan.tasks)),
    cost: state.cost,
    landing: landingView(state, plans),
    overlaps: [...state.overlaps.values()].map(({ plans: pair, files }) => ({ plans: pair, files })),
    limited: [...state.limited].filter(([, until]) => until > now).map(([pool, until]) => ({ pool, until })),
  };
}

function planRow(state: RunState, plan: PlanState, options: ViewOptions): PlanRow {
  const nodes = workOf(state.graph, plan.plan.id).map((index) => state.nodes[index]).filter((node) => node !== undefined);
  const statuses = nodes.map((node) => statusOf(state, node));
  const tasks = countTasks(nodes, statuses);
  const running = nodes.filter((node, index) => statuses[index] === 'running' || (statuses[index] === 'passed' && node.node.kind === 'task'));
  const next = nextNode(nodes, statuses);
  const reasons = running.length === 0 && next !== undefined ? reasonsOf(state, next, options.now) : [];
  const status = planStatus(state, plan, tasks, reasons);
  const phase = (running[0] ?? next)?.node.phase;
  const titles = titlesOf(state);
  const elapsedMs = elapsed(nodes, running.length > 0, options.now);
  return {
    id: plan.plan.id,
    title: plan.plan.title,
    branch: plan.plan.branch,
    priority: plan.plan.priority,
    status,
    ...(phase === undefined ? {} : { phase: { id: phase, title: plan.plan.phases.find((one) => one.id === phase)?.title ?? '' } }),
    running: running.map((node) => runningRow(node, titles, options)),
    tasks,
    reasons,
    failures: nodes.filter((_, index) => statuses[index] === 'failed').map((node) => failedRow(node, titles)),
    ...(plan.refused === undefined ? {} : { refused: plan.refused }),
    ...(plan.conflict === undefined ? {} : { conflict: { input: plan.conflict.input, files: plan.conflict.files } }),
    ...(elapsedMs === undefined ? {} : { elapsedMs }),
    ...(plan.tip === undefined ? {} : { tip: plan.tip }),
    published: [...plan.phases].flatMap(([id, { published }]) => (published ? [{ phase: id, generation: published.generation, commit: published.commit }] : [])),
    stale: [...plan.stale],
  };
}

const workByGraph = new WeakMap<Graph, Map<PlanId, number[]>>();

/** Indices of a plan's tasks and verifies, in the graph's order. */
function workOf(graph: Graph, plan: PlanId): readonly number[] {
  let byPlan = workByGraph.get(graph);
  if (byPlan === undefined) {
    byPlan = new Map();
    for (const [index, node] of graph.nodes.entries()) {
      if (node.kind !== 'task' && node.kind !== 'verify') continue;
      const list = byPlan.get(node.plan);
      if (list) list.push(index);
      else byPlan.set(node.plan, [index]);
    }
    workByGraph.set(graph, byPlan);
  }
  return byPlan.get(plan) ?? [];
}

const titlesByOrchestration = new WeakMap<RunState['orchestration'], Map<NodeId, Task>>();

/** Tasks by id. */
function titlesOf(state: RunState): ReadonlyMap<NodeId, Task> {
  let titles = titlesByOrchestration.get(state.orchestration);
  if (titles === undefined) {
    titles = new Map();
    for (const plan of state.orchestration.plans) for (const phase of plan.phases) for (const task of phase.tasks) titles.set(task.id, task);
    titlesByOrchestration.set(state.orchestration, titles);
  }
  return titles;
}

/** What a node is called: a task's own title, or what a verify checks. */
export function titleOf(state: RunState, node: NodeState): string {
  return nodeTitle(node, titlesOf(state));
}

function nodeTitle(node: NodeState, titles: ReadonlyMap<NodeId, Task>): string {
  const title = titles.get(node.node.id)?.title;
  if (title !== undefined) return title;
  return node.node.phase === undefined ? 'verify the plan' : `verify phase ${node.node.phase}`;
}

/** What would go on first: something ready, else what failed, is blocked, or waits; in the plan's order. */
function nextNode(nodes: readonly NodeState[], statuses: readonly TaskStatus[]): NodeState | undefined {
  for (const wanted of ['ready', 'failed', 'waiting', 'blocked'] as const) {
    const index = statuses.indexOf(wanted);
    if (index >= 0) return nodes[index];
  }
  return undefined;
}

function planStatus(state: RunState, plan: PlanState, tasks: TaskCounts, reasons: readonly Explanation[]): PlanStatus {
  const { landed, dropped } = state.landing;
  if (plan.landed || landed.has(plan.plan.id)) return 'landed';
  if (dropped.has(plan.plan.id)) return 'dropped';
  if (plan.refused !== undefined) return 'refused';
  if (plan.conflict !== undefined) return 'conflict';
  if (plan.completed !== undefined) return 'complete';
  if (plan.takenOver) return 'by-hand';
  if (plan.running > 0 || tasks.running > 0) return 'running';
  if (plan.paused) return 'paused';
  if (tasks.ready > 0) return 'ready';
  if (tasks.failed > 0) return 'failed';
  if (tasks.blocked > 0 || reasons.some((reason) => reason.kind === 'blocked-by' || reason.kind === 'plan-stopped')) return 'blocked';
  return 'waiting';
}

function runningRow(node: NodeState, titles: ReadonlyMap<NodeId, Task>, options: ViewOptions): RunningRow {
  const attempt = lastAttempt(node);
  const doing = options.doing?.get(node.node.id);
  return {
    node: node.node.id,
    title: nodeTitle(node, titles),
    kind: node.node.kind === 'verify' ? 'verify' : 'task',
    attempt: attempt?.number ?? 1,
    startedAt: attempt?.startedAt ?? options.now,
    byHand: node.byHand !== undefined,
    committing: node.stage === 'passed',
    ...(doing === undefined ? {} : { doing }),
  };
}

function failedRow(node: NodeState, titles: ReadonlyMap<NodeId, Task>): FailedRow {
  const attempt = lastAttempt(node);
  const outcome = attempt?.outcome;
  const reason = attempt?.rejected?.reason ?? outcome?.reason;
  const note = node.note ?? outcome?.note;
  return {
    node: node.node.id,
    title: nodeTitle(node, titles),
    attempts: node.attempts.length,
    ...(reason === undefined ? {} : { reason }),
    ...(outcome?.exitCode === undefined ? {} : { exitCode: outcome.exitCode }),
    ...(note === undefined ? {} : { note }),
    ...(attempt?.salvaged === undefined ? {} : { salvaged: attempt.salvaged.ref }),
  };
}

function elapsed(nodes: readonly NodeState[], runs: boolean, now: number): number | undefined {
  let first = Infinity;
  let last = -Infinity;
  for (const node of nodes) {
    for (const attempt of node.attempts) {
      first = Math.min(first, attempt.startedAt);
      last = Math.max(last, attempt.endedAt ?? now);
    }
  }
  if (first === Infinity) return undefined;
  return Math.max(0, (runs ? now : last) - first);
}
