/** What happened, for those who slept: facts in plain data, out of which the page, the Markdown and the JSON are made. */
import type { RunOutcome, Usage } from '../model/event.js';
import type { NodeId, PlanId, RunId } from '../model/ids.js';
import { planOf } from '../model/ids.js';
import type { AttemptState, NodeState, RunState } from '../state/run-state.js';
import { taskStatus } from '../state/task-status.js';
import { count, printable } from './printable.js';
import { shortRef, someOrAll } from './text.js';
import type { TimelineRow, TimelineSums } from './timeline.js';
import { timelineOf, timelineSums } from './timeline.js';
import type { PlanRow, PlanStatus, RunView } from './view.js';
import { titleOf, viewRun } from './view.js';
import { holdWords, listed, outcomeHeadline, reasonWords } from './words.js';

/** One page's worth: a night with its manifests, or a single run. Times are milliseconds since the epoch, spans milliseconds. */
export interface Report {
  readonly title: string;
  readonly generatedAt: number;
  /** The zone in which times are shown. */
  readonly timeZone: string;
  readonly runs: readonly RunReport[];
  /** The queue after the night; absent where a single run is reported. */
  readonly queue?: readonly QueueRow[];
}

/** A manifest in the queue, as it stands after the night. */
interface QueueRow {
  readonly manifest: string;
  readonly state: string;
  readonly note?: string;
}

/** One run. Texts of others are as they were said: whoever shows them makes them harmless. */
export interface RunReport {
  readonly run: RunId;
  readonly manifest: string;
  readonly target: string;
  /** Absent while it goes on, or was stopped. */
  readonly outcome?: RunOutcome;
  /** One sentence: what came of it. */
  readonly headline: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly plans: readonly PlanReport[];
  readonly failures: readonly FailureReport[];
  readonly conflicts: readonly ConflictReport[];
  readonly needs: readonly Need[];
  readonly timeline: readonly TimelineRow[];
  readonly sums: TimelineSums & { readonly speedUp: number };
  readonly slowest: readonly { readonly node: NodeId; readonly title: string; readonly ms: number }[];
  readonly salvaged: readonly { readonly node: NodeId; readonly attempt: number; readonly ref: string }[];
  readonly usage: Usage;
  readonly counts: { readonly tasks: number; readonly done: number; readonly failed: number; readonly commits: number; readonly attempts: number };
}

export interface PlanReport {
  readonly id: PlanId;
  readonly title: string;
  readonly branch: string;
  readonly status: PlanStatus;
  /** What keeps it out of the target although it is complete, in a few words. */
  readonly held?: string;
  readonly tasks: number;
  readonly done: number;
  readonly failed: number;
  /** Time of its attempts together. */
  readonly workMs: number;
  readonly usage: Usage;
}

interface FailureReport {
  readonly node: NodeId;
  readonly title: string;
  readonly why: string;
  readonly note?: string;
  readonly attempts: number;
  readonly lastLines: readonly string[];
  /** Ref of the work that was kept. */
  readonly kept?: string;
  /** Plans that cannot go on because of it. */
  readonly blocks: readonly PlanId[];
}

export interface ConflictReport {
  readonly kind: 'landing' | 'dependency' | 'foreseen';
  /** The plan, and what it meets: another plan, what it waits for, or the target. */
  readonly between: readonly [string, string];
  readonly files: readonly string[];
  /** Tasks that say they write one of the files, where known. */
  readonly tasks: readonly NodeId[];
}

/** Something that only a person can do. */
export interface Need {
  readonly what: string;
  /** What to type next, in order. */
  readonly commands: readonly string[];
}

/** What a report needs besides the state. */
export interface ReportOptions {
  readonly now: number;
  /** False: no process works on the run. */
  readonly live: boolean;
  /** The command that goes on with the run, as the report's reader can paste it; absent: for one who stands at the repository's top. */
  readonly goOn?: string;
  /** The end of an attempt's output, masked; '' where there is none. */
  readonly tailOf: (node: NodeId, attempt: number) => string;
}

const mostLines = 12;
const longestLine = 300;
const mostSlowest = 8;

/** The facts of one run. */
export function reportRun(state: RunState, options: ReportOptions): RunReport {
  const view = viewRun(state, options);
  const timeline = timelineOf(state, view.at);
  const sums = timelineSums(timeline);
  const plans = view.plans.map((plan) => planReport(state, view, plan));
  const conflicts = conflictsOf(state, view);
  return {
    run: view.run,
    manifest: view.manifest,
    target: shortRef(view.target),
    ...(view.outcome === undefined ? {} : { outcome: view.outcome }),
    headline: headlineOf(view, plans),
    startedAt: view.startedAt,
    endedAt: view.at,
    plans,
    failures: view.plans.flatMap((plan) => plan.failures.map((failure) => failureReport(state, view, failure, options))),
    conflicts,
    needs: needsOf(view),
    timeline,
    sums: { ...sums, speedUp: sums.makespan > 0 ? sums.work / sums.makespan : 1 },
    slowest: slowestOf(state, view.at),
    salvaged: attemptsOf(state).flatMap(([node, attempt]) => (attempt.salvaged === undefined ? [] : [{ node: node.node.id, attempt: attempt.number, ref: attempt.salvaged.ref }])),
    usage: sumUsage(plans.map((plan) => plan.usage)),
    counts: { tasks: view.tasks.total, done: view.tasks.done, failed: view.tasks.failed, commits: state.counters.commits, attempts: state.counters.attempts },
  };
}

/** The report as data for programs: the facts with a version in front. */
export function reportJson(report: Report): object {
  return { version: 1, ...report };
}

/** Sums what agents used; `cost` and tokens are absent where nobody said. The model is named where there was only one. */
export function sumUsage(usages: readonly Usage[]): Usage {
  const sum: Record<string, number> = {};
  for (const usage of usages) {
    for (const key of ['turns', 'inputTokens', 'outputTokens', 'cachedTokens', 'cost'] as const) {
      const value = usage[key];
      if (value !== undefined) sum[key] = (sum[key] ?? 0) + value;
    }
  }
  const models = new Set(usages.flatMap(({ model }) => (model === undefined ? [] : [model])));
  const [model] = models;
  return { ...sum, ...(models.size === 1 && model !== undefined ? { model } : {}) };
}

/** The last lines of an output that say something to people: no controls, no endless lines, no machine's JSON. */
export function lastLines(output: string): readonly string[] {
  const lines = output.split('\n').flatMap((line) => {
    // A progress bar writes its line over and over: what stands there last is what one would see.
    const seen = line.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').split('\r').filter((part) => part.trim() !== '').at(-1);
    return seen === undefined || /^\s*[{[]"/.test(seen) ? [] : [printable(seen.slice(0, longestLine * 2)).trimEnd()];
  });
  return lines.slice(-mostLines).map((line) => (line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line));
}

function planReport(state: RunState, view: RunView, plan: PlanRow): PlanReport {
  const hold = view.landing.holds.find((one) => one.plan === plan.id);
  const attempts = attemptsOf(state).filter(([node]) => node.node.plan === plan.id).map(([, attempt]) => attempt);
  return {
    id: plan.id,
    title: plan.title,
    branch: plan.branch,
    // Complete, but not on its way: that is what a reader wants to know.
    status: plan.status === 'complete' && state.landing.conflicts.has(plan.id) ? 'conflict' : plan.status,
    ...(hold !== undefined && { held: holdWords(hold) }),
    tasks: plan.tasks.total,
    done: plan.tasks.done,
    failed: plan.tasks.failed,
    workMs: attempts.reduce((sum, { startedAt, endedAt }) => sum + Math.max(0, (endedAt ?? state.at) - startedAt), 0),
    usage: sumUsage(attempts.flatMap(({ outcome }) => (outcome?.usage === undefined ? [] : [outcome.usage]))),
  };
}

function failureReport(state: RunState, view: RunView, failure: PlanRow['failures'][number], options: ReportOptions): FailureReport {
  const { node, title, attempts, reason, exitCode, note, salvaged } = failure;
  const plan = planOf(node);
  return {
    node,
    title,
    why: reason === undefined ? 'failed' : reasonWords(reason, exitCode),
    ...(note === undefined || note === '' ? {} : { note }),
    attempts,
    lastLines: lastLines(options.tailOf(node, lastNumber(state, node))),
    ...(salvaged === undefined ? {} : { kept: salvaged }),
    blocks: view.plans.filter((other) => other.id !== plan && other.status === 'blocked' && other.reasons.some((each) => each.kind === 'blocked-by' && each.nodes.some((id) => id === node || planOf(id) === plan))).map((other) => other.id),
  };
}

function lastNumber(state: RunState, node: NodeId): number {
  const index = state.graph.indexOf.get(node);
  return (index === undefined ? undefined : state.nodes[index])?.attempts.at(-1)?.number ?? 1;
}

function conflictsOf(state: RunState, view: RunView): readonly ConflictReport[] {
  const target = shortRef(view.target);
  const tasksOf = (plans: readonly string[], files: readonly string[]): readonly NodeId[] =>
    state.orchestration.plans.filter(({ id }) => plans.includes(id)).flatMap(({ phases }) => phases.flatMap(({ tasks }) => tasks.filter((task) => task.files.some((file) => files.includes(file))).map(({ id }) => id)));
  const make = (kind: ConflictReport['kind'], between: readonly [string, string], files: readonly string[]): ConflictReport => ({ kind, between, files, tasks: tasksOf(between.map(planOf), files) });
  const landing = view.landing.conflicts.map((conflict) => make('landing', [conflict.plan, conflict.with ?? target], conflict.files));
  const waiting = view.plans.flatMap((plan) => (plan.conflict === undefined ? [] : [make('dependency', [plan.id, plan.conflict.input], plan.conflict.files)]));
  const known = new Set(landing.map(({ between }) => [...between].sort().join(' ')));
  const landed = new Set(view.landing.landed);
  const foreseen = view.overlaps.filter(({ plans }) => !known.has([...plans].sort().join(' ')) && !plans.every((plan) => landed.has(plan)));
  return [...landing, ...waiting, ...foreseen.map(({ plans, files }) => make('foreseen', plans, files))];
}

/** What goes on only when a person acts: conflicts, refusals, tasks by hand, approvals. Failed tasks are not among it. */
export function personNeeds(view: RunView): readonly Need[] {
  const needs: Need[] = [];
  for (const conflict of view.landing.conflicts) needs.push({ what: `${conflict.plan} and ${conflict.with ?? shortRef(view.target)} changed the same lines: ${listed(conflict.files, 3)}`, commands: [`plan resolve ${conflict.plan}`] });
  for (const plan of view.plans) {
    if (plan.conflict !== undefined) needs.push({ what: `${plan.id} cannot take up ${plan.conflict.input}: ${listed(plan.conflict.files, 3)}`, commands: [`plan resolve ${plan.id}`] });
    if (plan.refused !== undefined) needs.push({ what: `${plan.id}: ${plan.refused.message}`, commands: plan.refused.hint === undefined ? [] : [plan.refused.hint] });
    for (const row of plan.running) if (row.byHand) needs.push({ what: `${row.node} is yours: ${row.title}`, commands: [`plan mark ${row.node} completed`] });
    if (plan.reasons.some((reason) => reason.kind === 'manual')) needs.push({ what: `${plan.id} waits for a person's task`, commands: [`plan next --plan ${plan.id}`] });
  }
  if (view.landing.awaitsApproval.length > 0) needs.push({ what: `${listed(view.landing.awaitsApproval, 5)} ${view.landing.awaitsApproval.length === 1 ? 'is' : 'are'} complete and may land when you say so`, commands: ['plan diff', `plan land${someOrAll(view.landing.awaitsApproval)}`] });
  if (view.landing.refused !== undefined) needs.push({ what: view.landing.refused.message, commands: view.landing.refused.hint === undefined ? [] : [view.landing.refused.hint] });
  for (const { plan, reason, note } of view.landing.dropped.filter(({ reason: why }) => why === 'verify')) needs.push({ what: `${plan} was left out of the landing: ${note ?? reason}`, commands: [`plan retry ${plan}`] });
  return needs;
}

function needsOf(view: RunView): readonly Need[] {
  const needs = [...personNeeds(view)];
  for (const plan of view.plans) for (const failure of plan.failures) needs.push({ what: `${failure.node} failed: ${failure.title}`, commands: [`plan logs ${failure.node}`, `plan retry ${failure.node}`] });
  if (needs.length === 0 && (view.state === 'stopped' || view.outcome === 'deadline' || view.outcome === 'interrupted')) needs.push({ what: 'The rest goes on from here', commands: [view.goOn] });
  return needs;
}

function headlineOf(view: RunView, plans: readonly PlanReport[]): string {
  const total = plans.length;
  const with_ = (...statuses: readonly PlanStatus[]): number => plans.filter(({ status }) => statuses.includes(status)).length;
  const landed = with_('landed');
  const complete = with_('complete');
  const failed = with_('failed');
  const blocked = with_('blocked');
  const stopped = with_('refused', 'conflict', 'dropped');
  const parts = [
    landed === total ? `all ${count(total, 'plan')} landed` : landed > 0 ? `${landed} of ${count(total, 'plan')} landed` : undefined,
    complete === 0 ? undefined : complete === total ? `all ${count(total, 'plan')} complete` : `${complete} complete`,
    failed === 0 ? undefined : `${failed} failed`,
    blocked === 0 ? undefined : `${blocked} blocked`,
    stopped === 0 ? undefined : `${stopped} ${stopped === 1 ? 'needs' : 'need'} a person`,
  ].filter((part) => part !== undefined);
  const outcome = view.outcome === undefined ? (view.state === 'stopped' ? 'stopped' : 'under way') : outcomeHeadline(view.outcome, view.tasks.failed);
  return parts.length === 0 ? `${outcome}: ${view.tasks.done} of ${count(view.tasks.total, 'task')} done` : parts.join(', ');
}

function slowestOf(state: RunState, now: number): RunReport['slowest'] {
  return state.nodes
    .filter((node) => node.attempts.length > 0 && taskStatus(state, node) !== 'waiting')
    .map((node) => ({ node: node.node.id, title: titleOf(state, node), ms: node.attempts.reduce((sum, { startedAt, endedAt }) => sum + Math.max(0, (endedAt ?? now) - startedAt), 0) }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, mostSlowest);
}

function attemptsOf(state: RunState): readonly (readonly [NodeState, AttemptState])[] {
  return state.nodes.flatMap((node) => node.attempts.map((attempt) => [node, attempt] as const));
}
