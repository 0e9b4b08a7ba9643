/** What was understood of a plan file, so that a person sees in one screen whether it is what was meant, and a program gets all of it. */
import { buildGraph } from '../graph/build-graph.js';
import { findOverlaps } from '../graph/overlap.js';
import type { Loaded } from '../manifest/load-orchestration.js';
import type { Diagnostic } from '../model/failure.js';
import type { DocumentPhase, DocumentTask, PlanDocument, Reference } from '../model/plan-document.js';
import { count, duration, printable } from '../status/printable.js';
import { listed } from '../status/words.js';
import type { Context } from './context.js';
import type { ReadPlan } from './read-plan.js';

/** A file with more tasks than fit a screen is shown by its first ones. */
const screenful = 40;

/** The object that `plan check --json` prints for a plan file. */
export function planJson({ id, document, tags }: ReadPlan, diagnostics: readonly Diagnostic[]): object {
  return {
    plan: {
      id,
      title: document.title,
      format: document.format,
      ...(document.goal === undefined ? {} : { goal: document.goal }),
      ...(tags.length > 1 ? { tags } : {}),
      phases: document.phases.map((phase) => ({
        id: phase.id,
        title: phase.title,
        line: phase.place.line,
        order: phase.order,
        parallel: phase.parallel,
        ...(phase.depends === undefined ? {} : { depends: phase.depends.map(named) }),
        ...(phase.pipelineStart === undefined ? {} : { pipelineStart: 'when' in phase.pipelineStart ? { when: named(phase.pipelineStart.when) } : { percent: phase.pipelineStart.percent } }),
        sequences: phase.sequences,
        tasks: phase.tasks.map(taskJson),
        verifies: phase.verifies.map(({ blocking, script, criteria, place }) => ({ blocking, line: place.line, criteria, ...(script === undefined ? {} : { script }) })),
      })),
      ...(document.waves === undefined ? {} : { waves: document.waves }),
      suggestions: document.suggestions.map(({ file, text, place }) => ({ file, text, line: place.line })),
    },
    diagnostics: diagnostics.map(({ severity, code, line, column, endColumn, message, hint }) => ({ severity, code, line, column, ...(endColumn === undefined ? {} : { endColumn }), message, ...(hint === undefined ? {} : { hint }) })),
  };
}

function taskJson(task: DocumentTask): object {
  return {
    id: task.id,
    title: task.title,
    line: task.place.line,
    done: task.done,
    kind: task.kind,
    depends: statedDepends(task),
    dependsStated: task.depends !== undefined,
    waitsFor: (task.depends ?? []).map(named),
    files: task.files.map((file) => file.path),
    parallel: task.parallel,
    optional: task.optional,
    group: task.group,
    ...(task.size === undefined ? {} : { size: task.size }),
    ...(task.estimateSeconds === undefined ? {} : { estimateSeconds: task.estimateSeconds }),
    ...(Object.keys(task.uses).length === 0 ? {} : { uses: task.uses }),
    ...(task.timeoutSeconds === undefined ? {} : { timeoutSeconds: task.timeoutSeconds }),
    ...(task.retries === undefined ? {} : { retries: task.retries }),
    ...(task.changesNothing ? { changesNothing: true } : {}),
    hasScript: task.script !== undefined,
  };
}

/** What the file states of the task, or of the parent that it is in where it says nothing of the task: ranges expanded, parents and groups by their own id. */
function statedDepends(task: DocumentTask): string[] {
  const stated = task.depends ?? [];
  const own = stated.filter((reference) => reference.inherited === undefined);
  return [...new Set((own.length > 0 ? own : stated).map((reference) => reference.stated ?? named(reference)))];
}

/** A reference as ids are written. */
export function named({ plan, to }: Reference): string {
  const local = to.kind === 'task' ? to.id : to.kind === 'phase' ? `phase${to.id}` : to.kind === 'landed' ? 'landed' : '';
  if (plan === undefined) return local;
  return local === '' ? plan : `${plan}.${local}`;
}

/** One screen: phases with their rule of order, tasks with what they wait for and write, overlaps. */
export function planText({ id, document, tags }: ReadPlan, file: string, loaded: Loaded | undefined, context: Context, all: boolean): string {
  const { paint } = context;
  const tasks = document.phases.flatMap((phase) => phase.tasks);
  const done = tasks.filter((task) => task.done).length;
  const perPhase = all || tasks.length <= screenful ? Infinity : Math.max(2, Math.floor(screenful / Math.max(1, document.phases.length)) - 1);
  const facts = [document.format, count(document.phases.length, 'phase'), `${count(tasks.length, 'task')}${done > 0 ? ` (${done} done)` : ''}`];
  const lines = [`${paint.bold(printable(file))}: plan ${paint.bold(id)}${document.title === '' ? '' : ` “${printable(document.title)}”`} · ${facts.join(' · ')}`];
  if (document.goal !== undefined) lines.push(`  goal: ${printable(document.goal)}`);
  if (tags.length > 1) lines.push(`  one of ${tags.length} in its file: ${listed(tags, 12)} (--tag)`);
  // As many as there are tasks: too many to be the arguments of one call.
  for (const [index, phase] of document.phases.entries()) for (const line of phaseLines(phase, document, index, perPhase, context)) lines.push(line);
  if (document.waves !== undefined) lines.push('', `${paint.bold('Waves')} order the tasks, not the phases: ${document.waves.map((wave) => wave.join(' ')).join(' → ')}`);
  for (const line of overlapLines(loaded, context)) lines.push(line);
  for (const { file: other, text } of document.suggestions.slice(0, 8)) lines.push(`  ${paint.yellow('suggested, not obeyed:')} ${printable(other)} — ${printable(text)}`);
  return lines.join('\n');
}

function phaseLines(phase: DocumentPhase, document: PlanDocument, index: number, most: number, { paint }: Context): string[] {
  const rule = phase.order === 'free' ? 'side by side' : 'in file order';
  const rules = [document.waves === undefined ? rule : 'in waves', opensWhen(phase, document, index)].filter((word) => word !== '');
  const title = phase.title === '' ? '' : ` ${printable(phase.title)}`;
  const lines = ['', `${paint.bold(`Phase ${phase.id}${title}`)}  ${paint.dim(`${count(phase.tasks.length, 'task')}, ${rules.join(', ')}`)}`];
  for (const task of phase.tasks.slice(0, most)) lines.push(taskLine(task, paint.dim));
  if (phase.tasks.length > most) lines.push(paint.dim(`  … and ${phase.tasks.length - most} more (--all)`));
  for (const chain of phase.sequences) lines.push(`  one after another: ${chain.join(' → ')}`);
  for (const verify of phase.verifies) {
    const how = verify.script === undefined ? `${count(verify.criteria.length, 'criterion', 'criteria')}, no command` : 'runs its command';
    lines.push(`  VERIFY ${verify.blocking ? 'before the phase counts' : 'in the background'}: ${how}`);
  }
  return lines;
}

function opensWhen(phase: DocumentPhase, document: PlanDocument, index: number): string {
  if (document.waves !== undefined) return '';
  const words: string[] = [];
  const before = document.phases[index - 1];
  if (phase.depends !== undefined) words.push(phase.depends.length === 0 ? 'opens at once' : `after ${listed(phase.depends.map(named), 6)}`);
  else if (before !== undefined) words.push(phase.parallel && before.parallel ? `opens together with phase ${before.id}` : `after phase ${before.id}`);
  if (phase.pipelineStart !== undefined) {
    words.push('when' in phase.pipelineStart ? `opens early when ${named(phase.pipelineStart.when)} completes` : `opens early at ${phase.pipelineStart.percent} % of the phase before`);
  }
  return words.join(', ');
}

function taskLine(task: DocumentTask, dim: (text: string) => string): string {
  const notes: string[] = [];
  if (task.kind === 'verify') notes.push(task.depends === undefined ? 'verifies the tasks before it' : 'a verification');
  if (task.depends !== undefined) notes.push(task.depends.length === 0 ? 'waits for nothing' : `after ${listed(task.depends.map(named), 6)}`);
  if (task.parallel) notes.push('beside its neighbours');
  if (task.files.length > 0) notes.push(`writes ${listed(task.files.map((file) => file.path), 3)}`);
  if (task.size !== undefined) notes.push(`size ${task.size}`);
  if (task.estimateSeconds !== undefined) notes.push(duration(task.estimateSeconds * 1000));
  for (const [pool, amount] of Object.entries(task.uses)) notes.push(`uses ${printable(pool)}${amount === 1 ? '' : `:${amount}`}`);
  if (task.optional) notes.push('optional');
  return `  ${task.done ? '☑' : '☐'} ${task.id}  ${printable(task.title)}${notes.length === 0 ? '' : dim(`  — ${notes.join('; ')}`)}`;
}

function overlapLines(loaded: Loaded | undefined, { paint }: Context): string[] {
  if (loaded === undefined) return [];
  const graph = buildGraph(loaded.orchestration);
  if (!graph.ok) return [];
  const overlaps = findOverlaps(loaded.orchestration, graph.value);
  if (overlaps.length === 0) return [];
  const lines = ['', paint.bold('Files that several tasks name')];
  for (const { path: file, tasks, excluded } of overlaps.slice(0, 12)) lines.push(`  ${printable(file)}: ${listed(tasks.map((task) => task.slice(task.indexOf('.') + 1)), 8)}${excluded ? ' — one at a time' : ''}`);
  if (overlaps.length > 12) lines.push(paint.dim(`  … and ${overlaps.length - 12} more: plan conflicts`));
  return lines;
}
