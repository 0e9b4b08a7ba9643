/** The picture of a run as lines of text, for `plan status` and for the live list. Pure: no clock, no terminal. */
import type { Paint } from './paint.js';
import { columnsOf, count, duration, fit, padEnd, printable, span } from './printable.js';
import { because, failedWords, holdWords, listed, outcomeHeadline, statusSign } from './words.js';
import type { PlanRow, PlanStatus, RunningRow, RunView } from './view.js';
import type { TaskCounts } from './task-counts.js';

/** How a picture is drawn. */
export interface TextOptions {
  readonly columns: number;
  readonly paint: Paint;
  /** At most this many lines for plans: those that matter least become one line of numbers. Undefined: all are shown. */
  readonly planLines?: number;
  /** The frame of the moment that stands before what runs; absent: a still sign. */
  readonly spinner?: string;
}

/** The whole picture: headline, plans, landing, and what a person could do next. */
export function statusText(view: RunView, options: TextOptions): string {
  const { paint } = options;
  const parts = [headline(view, options), ...planLines(view, options), ...landingLines(view, options)];
  const next = nextSteps(view);
  if (next.length > 0) parts.push('', ...next.map((line) => `${paint.yellow('→')} ${fit(line, options.columns - 2)}`));
  return parts.join('\n');
}

/** `manifest.yml → main · running 3m05s · 12/40 tasks · 4 running · 2 ready`. */
export function headline(view: RunView, { columns, paint }: TextOptions): string {
  const word = view.state === 'finished' && view.outcome !== undefined ? outcomeHeadline(view.outcome, view.tasks.failed) : view.state;
  const since = `${word}${view.state === 'finished' ? ' after' : ''} ${span(view.at - view.startedAt)}`;
  const facts = [`${printable(view.manifest)} → ${printable(shortRef(view.target))}`, since, ...countWords(view.tasks)];
  if (view.cost > 0) facts.push(`cost ${view.cost.toFixed(2)}`);
  const line = fit(facts.join(' · '), columns);
  return paint.bold(line);
}

/** What is worth saying of a number of tasks: nothing that is zero but the whole. */
export function countWords(tasks: TaskCounts): string[] {
  const words = [`${tasks.done}/${tasks.total} tasks`];
  for (const key of ['running', 'failed', 'blocked', 'ready', 'skipped'] as const) if (tasks[key] > 0) words.push(`${tasks[key]} ${key}`);
  return words;
}

/** A line for each plan in manifest order, those of its running tasks below it; where there is no room, a summary of the rest. */
export function planLines(view: RunView, options: TextOptions): string[] {
  const room = options.planLines ?? Infinity;
  const full = view.plans.map((plan) => linesOfPlan(plan, view, options));
  const all = full.flat();
  if (all.length <= room) return all;
  // No room for everything: a line for each plan that moves or needs somebody, then a sum of the others.
  const matters = view.plans.map((plan, index) => ({ plan, index })).sort((a, b) => weight(a.plan.status) - weight(b.plan.status) || a.index - b.index);
  const shown = new Set(matters.slice(0, Math.max(0, room - 1)).map(({ index }) => index));
  const lines = view.plans.flatMap((plan, index) => (shown.has(index) ? [planLine(plan, view, options, true)] : []));
  const hidden = view.plans.filter((_, index) => !shown.has(index));
  return [...lines, options.paint.dim(fit(`  … and ${count(hidden.length, 'more plan')}: ${statusSummary(hidden)}`, options.columns))];
}

/** `12 landed, 3 waiting`. */
export function statusSummary(plans: readonly PlanRow[]): string {
  const counts = new Map<PlanStatus, number>();
  for (const { status } of plans) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, amount]) => `${amount} ${status}`).join(', ');
}

function weight(status: PlanStatus): number {
  const order: readonly PlanStatus[] = ['conflict', 'refused', 'failed', 'dropped', 'by-hand', 'running', 'blocked', 'ready', 'paused', 'waiting', 'complete', 'landed'];
  return order.indexOf(status);
}

function linesOfPlan(plan: PlanRow, view: RunView, options: TextOptions): string[] {
  const lines = [planLine(plan, view, options, plan.running.length === 1)];
  const { columns, paint } = options;
  if (plan.running.length > 1) {
    for (const row of plan.running) {
      lines.push(withRight(`      ${paint.dim('▸')} `, runningWords(row), span(view.at - row.startedAt), columns, paint.dim));
    }
  }
  for (const failed of plan.failures.slice(0, 3)) lines.push(paint.red(fit(`      ${failedWords(failed)}`, columns)));
  if (plan.failures.length > 3) lines.push(paint.red(fit(`      and ${plan.failures.length - 3} more failed`, columns)));
  return lines;
}

function planLine(plan: PlanRow, view: RunView, { columns, paint, spinner }: TextOptions, withTask: boolean): string {
  const idRoom = Math.min(24, Math.floor(columns / 4), Math.max(...view.plans.map(({ id }) => columnsOf(id))));
  const doneRoom = Math.max(...view.plans.map(({ tasks }) => `${tasks.done}/${tasks.total}`.length));
  const done = columns < 40 ? '' : `  ${`${plan.tasks.done}/${plan.tasks.total}`.padStart(doneRoom)}`;
  const titleRoom = columns < 100 ? 0 : Math.min(24, Math.max(...view.plans.map(({ title }) => columnsOf(printable(title)))));
  const title = titleRoom === 0 ? '' : `  ${paint.dim(padEnd(fit(printable(plan.title), titleRoom), titleRoom))}`;
  const colour = colourOf(plan.status, paint);
  const sign = plan.status === 'running' && spinner !== undefined ? spinner : statusSign(plan.status);
  const head = `  ${colour(sign)} ${padEnd(fit(plan.id, idRoom), idRoom)}${title}${done}  `;
  const right = plan.elapsedMs === undefined ? '' : span(plan.elapsedMs);
  return withRight(head, planWords(plan, view, withTask), right, columns, colour);
}

/** What a plan does now or waits for: the one thing worth reading of it. */
export function planWords(plan: PlanRow, view: RunView, withTask: boolean): string {
  const phase = plan.phase === undefined ? '' : `phase ${plan.phase.id}`;
  const [first] = plan.running;
  switch (plan.status) {
    case 'landed':
      return 'landed';
    case 'complete':
      return completeWords(plan, view);
    case 'refused':
      return `needs a person: ${printable(plan.refused?.message ?? '')}`;
    case 'conflict':
      return `conflict with ${plan.conflict?.input ?? ''} in ${listed(plan.conflict?.files ?? [])}`;
    case 'dropped':
      return `does not land: ${view.landing.dropped.find((one) => one.plan === plan.id)?.reason ?? ''}`;
    case 'running':
      if (first === undefined) return `${phase} · commits`;
      return withTask ? `${phase} · ${runningWords(first)}${plan.running.length > 1 ? ` +${plan.running.length - 1}` : ''}` : `${phase} · ${plan.running.length} running`;
    default: {
      // A branch is made when there is a place: who has none waits for that.
      const held = plan.reasons.some(({ kind }) => kind === 'limit');
      const reasons = plan.reasons.filter(({ kind }) => !held || kind !== 'opening').map((reason) => because(reason, view.at));
      const word = plan.status === 'ready' || plan.status === 'waiting' ? '' : plan.status;
      const told = reasons.filter((reason) => reason !== word && !reason.startsWith(word === '' ? '\0' : word));
      const own = reasons.find((reason) => word !== '' && reason.startsWith(word)) ?? word;
      return [phase, own, ...(own === '' && told.length === 0 ? [plan.status] : told.slice(0, 2))].filter((part) => part !== '').join(' · ');
    }
  }
}

function runningWords(row: RunningRow): string {
  const hand = row.byHand ? ' (by hand)' : '';
  const again = row.attempt > 1 ? ` (attempt ${row.attempt})` : '';
  const doing = row.committing ? ' — commits' : row.doing === undefined ? '' : ` — ${printable(row.doing)}`;
  return `${row.node} ${printable(row.title)}${hand}${again}${doing}`;
}

function completeWords(plan: PlanRow, view: RunView): string {
  const { landing } = view;
  if (landing.advancing.includes(plan.id)) return 'complete · is landing';
  if (landing.verifying.includes(plan.id)) return 'complete · its landing is verified';
  if (landing.awaitsApproval.includes(plan.id)) return `complete · waits for \`plan land\``;
  if (landing.conflicts.some((conflict) => conflict.plan === plan.id)) return 'complete · conflict at landing';
  const hold = landing.holds.find((one) => one.plan === plan.id);
  if (hold !== undefined) return `complete · ${holdWords(hold)}`;
  return plan.stale.length > 0 ? `complete · stale: ${listed(plan.stale)} changed` : 'complete';
}

function colourOf(status: PlanStatus, paint: Paint): (text: string) => string {
  switch (status) {
    case 'landed':
    case 'complete':
      return paint.green;
    case 'running':
    case 'by-hand':
      return paint.cyan;
    case 'failed':
    case 'refused':
    case 'conflict':
    case 'dropped':
      return paint.red;
    case 'blocked':
    case 'paused':
      return paint.yellow;
    case 'ready':
    case 'waiting':
      return paint.dim;
  }
}

/** A head, words cut to the room there is, and something at the right edge. */
function withRight(head: string, words: string, right: string, columns: number, colour: (text: string) => string): string {
  const rightRoom = right === '' ? 0 : columnsOf(right) + 2;
  const room = columns - columnsOf(head) - rightRoom;
  if (room < 12) return head + colour(fit(words, Math.max(1, columns - columnsOf(head))));
  const cut = fit(words, room);
  return right === '' ? head + colour(cut) : `${head}${colour(cut)}${' '.repeat(room - columnsOf(cut) + 2)}${right}`;
}

/** The way into the target: nothing before the first plan is on it. */
export function landingLines(view: RunView, { columns, paint }: TextOptions): string[] {
  const { landing } = view;
  const lines: string[] = [];
  const say = (words: string, colour: (text: string) => string): void => void lines.push(colour(fit(`  ${words}`, columns)));
  if (landing.landed.length > 0) say(`landed on ${shortRef(view.target)}: ${listed(landing.landed, 8)}`, paint.green);
  if (landing.undone.length > 0) say(`taken back out of ${shortRef(view.target)}: ${listed(landing.undone, 8)}`, paint.yellow);
  if (landing.advancing.length > 0) say(`moves ${shortRef(view.target)} to take ${listed(landing.advancing, 8)}`, paint.cyan);
  else if (landing.verifying.length > 0) say(`verifies the landing of ${listed(landing.verifying, 8)}`, paint.cyan);
  else if (landing.preparing.length > 0) say(`merges ${listed(landing.preparing, 8)} in memory`, paint.cyan);
  for (const conflict of landing.conflicts) {
    say(`${conflict.plan} conflicts with ${conflict.with ?? shortRef(view.target)} in ${listed(conflict.files, 4)}`, paint.red);
  }
  for (const { plan, reason, note } of landing.dropped) say(`${plan} does not land: ${reason}${note === undefined ? '' : `: ${printable(note)}`}`, paint.red);
  if (landing.refused !== undefined) say(`cannot land: ${printable(landing.refused.message)}`, paint.red);
  for (const { plan, url } of landing.proposed) say(`${plan} is proposed: ${printable(url)}`, paint.green);
  // What has come true is said already, and what has landed has merged.
  const known = landing.conflicts.map((conflict) => pairKey([conflict.plan, conflict.with ?? '']));
  const foreseen = view.overlaps.filter(({ plans }) => !known.includes(pairKey(plans)) && !plans.every((plan) => landing.landed.includes(plan)));
  for (const { plans, files } of foreseen.slice(0, 3)) say(`${plans.join(' and ')} will not merge as they stand: ${listed(files, 4)}`, paint.yellow);
  if (foreseen.length > 3) say(`and ${count(foreseen.length - 3, 'more pair')}: plan conflicts`, paint.yellow);
  for (const { pool, until } of view.limited) say(`${printable(pool)} is limited for ${duration(until - view.at)}`, paint.yellow);
  return lines;
}

function pairKey(plans: readonly string[]): string {
  return [...plans].sort().join(' ');
}

/** A few names as words of a command; where there are many, none: then all that wait are meant. */
export function someOrAll(plans: readonly string[]): string {
  return plans.length > 4 ? '' : plans.map((plan) => ` ${plan}`).join('');
}

/** What a person could do now; empty where nobody is needed. */
export function nextSteps(view: RunView): string[] {
  const steps: string[] = [];
  const failed = view.plans.flatMap((plan) => plan.failures);
  const [first] = failed;
  if (first !== undefined) steps.push(`plan logs ${first.node}   then   plan retry ${failed.length === 1 ? first.node : '--failed'}`);
  for (const plan of view.plans) {
    if (plan.refused?.hint !== undefined) steps.push(printable(plan.refused.hint));
    if (plan.conflict !== undefined) steps.push(`plan resolve ${plan.id}`);
    for (const row of plan.running) if (row.byHand) steps.push(`plan mark ${row.node} completed`);
    if (plan.status === 'paused' && view.state !== 'paused') steps.push(`plan resume ${plan.id}`);
    if (plan.reasons.some((reason) => reason.kind === 'manual')) steps.push(`plan next --plan ${plan.id}`);
  }
  for (const conflict of view.landing.conflicts) steps.push(`plan resolve ${conflict.plan}`);
  if (view.landing.undone.length > 0) steps.push(`plan land${someOrAll(view.landing.undone)}   lands it again`);
  if (view.landing.awaitsApproval.length > 0) steps.push(`plan diff   then   plan land${someOrAll(view.landing.awaitsApproval)}`);
  if (view.landing.refused?.hint !== undefined) steps.push(printable(view.landing.refused.hint));
  if (view.state === 'paused') steps.push('plan resume');
  if (view.state === 'stopped' || view.outcome === 'interrupted' || view.outcome === 'deadline') steps.push(`${view.goOn}   goes on from here`);
  return steps.slice(0, 6);
}

/** A ref as people say it. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(heads|remotes|tags)\//, '');
}
