/** A first manifest for a repository that has plans already: what was found, what its texts suggest, nothing decided for the user. */

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { neutralise, shorten } from '../base/text.js';
import { findContests, type Writer } from '../graph/overlap.js';
import { taskId, type PlanId } from '../model/ids.js';
import type { PlanDocument } from '../model/plan-document.js';
import { readPlanFile } from '../plan-file/readers.js';
import { findFiles } from './include.js';
import { planIdOf } from './ref-name.js';
import { decode } from './source.js';

/** Where plans usually are, relative to the repository's top. */
const usualPlaces = [
  'plans/*.md',
  'docs/plans/*.md',
  'docs/superpowers/plans/*.md',
  'specs/*/tasks.md',
  '.kiro/specs/*/tasks.md',
  'openspec/changes/*/tasks.md',
  '.agent-os/specs/*/tasks.md',
  '.taskmaster/tasks/tasks.json',
];

/** Where they may be as well; looked at only where the usual places hold none. */
const otherPlaces = ['*.md', '**/*.md'];

/** Checkboxes alone make no plan of a page: a README or a form for pull requests has them too. Elsewhere the name has to say so. */
const planName = /(?:^|[^a-z])(?:plans?|to-?dos?|road-?maps?|tasks?|backlog|milestones?|implementation|stor(?:y|ies)|sprints?)(?:[^a-z]|$)/i;
const otherName = /(?:^|\/)(?:readme|changelog|contributing|security|code_of_conduct)[^/]*$|template/i;

const maxPlans = 500;
const maxConflicts = 40;
const maxBytes = 8 * 1024 * 1024;

/** A plan that was found. */
interface FoundPlan {
  readonly id: PlanId;
  /** Relative to the repository's top, POSIX. */
  readonly file: string;
  /** The tag of a Task Master file that holds several plans. */
  readonly tag?: string;
  readonly document: PlanDocument;
}

/** Files that were looked at: those that hold plans, and those that do not, with the reason. */
export interface Discovery {
  readonly plans: readonly FoundPlan[];
  readonly passedOver: readonly { readonly file: string; readonly reason: string }[];
}

/** Looks for plan files below `top`: in the usual places, else at the top, else anywhere. */
export async function discoverPlans(top: string): Promise<Discovery> {
  const usual = await plansIn(top, usualPlaces);
  for (const place of usual.plans.length > 0 ? [] : otherPlaces) {
    const { plans } = await plansIn(top, [place], planName);
    // Most Markdown is no plan and does not mean to be one: nothing is said of it.
    if (plans.length > 0) return { plans, passedOver: usual.passedOver };
  }
  return usual;
}

async function plansIn(top: string, places: readonly string[], checklists = /./): Promise<Discovery> {
  const plans: FoundPlan[] = [];
  const passedOver: { file: string; reason: string }[] = [];
  const taken = new Set<string>();
  for (const place of places) {
    for (const file of await findFiles(top, place)) {
      if (plans.length >= maxPlans) return { plans, passedOver };
      if (file.split('/').includes('archive')) continue;
      const text = await textOf(top, file);
      if (text === null) continue;
      if (text === undefined) {
        passedOver.push({ file, reason: 'cannot be read as text' });
        continue;
      }
      const documents = readPlanFile(text, { path: file }).filter(({ document }) => tasksOf(document).length > 0 && (document.format !== 'checklist' || (checklists.test(file) && !otherName.test(file))));
      if (documents.length === 0) passedOver.push({ file, reason: 'holds no tasks' });
      for (const { name, document } of documents) {
        const several = documents.length > 1 && name !== undefined;
        plans.push({ id: freeId(planIdOf(several ? name : file), taken), file, ...(several ? { tag: name } : {}), document });
      }
    }
  }
  return { plans, passedOver };
}

/** The text; undefined where there is none that could be read, null where there is no such file. */
async function textOf(top: string, file: string): Promise<string | undefined | null> {
  try {
    const found = await stat(path.join(top, file));
    if (!found.isFile() || found.size > maxBytes) return undefined;
    const decoded = decode(file, await readFile(path.join(top, file)));
    return 'text' in decoded ? decoded.text : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : undefined;
  }
}

function freeId(wanted: string, taken: Set<string>): PlanId {
  let id = wanted;
  for (let number = 2; taken.has(id.toLowerCase()); number++) id = `${wanted}-${number}`;
  taken.add(id.toLowerCase());
  return id;
}

/** What a manifest is written from. */
export interface InitOptions {
  readonly discovery: Discovery;
  /** Where the manifest will be, relative to the repository's top, POSIX. */
  readonly manifest: string;
  readonly target: string;
  /** templates/manifest.yml, with `{{manifest}}`, `{{target}}` and `{{plans}}`. */
  readonly template: string;
}

/** The text of the manifest. Dependencies that texts suggest, and files that several tasks name, stand in it as comments. */
export function writeManifest({ discovery, manifest, target, template }: InitOptions): string {
  const plans = discovery.plans.flatMap((plan) => entryOf(plan, discovery.plans, path.posix.dirname(manifest)));
  const body = [...(plans.length === 0 ? ['  # No plan was found. One looks like templates/plan.md; it is added like this:', '  # A: { plan: plans/a.md }'] : plans), ...conflictsOf(discovery.plans)];
  const values: Readonly<Record<string, string>> = { manifest, target: scalar(target), plans: body.join('\n') };
  return template.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}

function entryOf(plan: FoundPlan, all: readonly FoundPlan[], folder: string): readonly string[] {
  const tasks = tasksOf(plan.document);
  const done = tasks.filter((task) => task.done).length;
  const phases = plan.document.phases.length;
  const title = plan.document.title === '' ? '' : `${comment(plan.document.title, 80)}: `;
  const lines = [`  # ${title}${count(tasks.length, 'task')} in ${count(phases, 'phase')}${done === 0 ? '' : `, ${done} done`} (${plan.document.format})`];
  const entry = [`  ${plan.id}:`, `    plan: ${scalar(path.posix.relative(folder, plan.file))}`];
  if (plan.tag !== undefined) entry.push(`    tag: ${scalar(plan.tag)}`);
  entry.push(`    branch: plan/${plan.id}`);
  for (const { file, text, place } of plan.document.suggestions) {
    const other = all.find((each) => each !== plan && (each.file === file || each.file.endsWith(`/${file.replace(/^(\.\.?\/)+/, '')}`)));
    entry.push(`    # ${comment(plan.file, 80)}:${place.line} says: ${comment(text, 100)}`);
    if (other !== undefined) entry.push(`    # depends: [${other.id}]`);
  }
  // A plan without open work would only be opened and closed again.
  return done === tasks.length ? [...lines, ...entry.map((line) => `  # ${line.trim().startsWith('#') ? line.trim().slice(2) : line.slice(2)}`)] : [...lines, ...entry];
}

function conflictsOf(plans: readonly FoundPlan[]): readonly string[] {
  const writers: Writer[] = plans.flatMap(({ id, document }) =>
    tasksOf(document)
      .filter((task) => !task.done && task.files.length > 0)
      .map((task) => ({ task: taskId(id, task.id), files: task.files.map((file) => file.path) })),
  );
  const across = findContests(writers).filter(({ shares }) => new Set([...shares.keys()].map((task) => task.slice(0, task.indexOf('.')))).size > 1);
  if (across.length === 0) return [];
  const lines = across.slice(0, maxConflicts).map(({ path: file, shares }) => `#   ${comment(file, 80)}: ${[...shares.keys()].slice(0, 8).join(', ')}${shares.size > 8 ? ', …' : ''}`);
  const more = across.length - lines.length;
  return ['', '# Files that tasks of several plans name. Order the plans with `depends`, or expect a conflict when they land:', ...lines, ...(more > 0 ? [`#   and ${more} more: see \`plan conflicts\``] : [])];
}

function tasksOf(document: PlanDocument): readonly PlanDocument['phases'][number]['tasks'][number][] {
  return document.phases.flatMap((phase) => phase.tasks);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function comment(text: string, width: number): string {
  return shorten(neutralise(text.replace(/\s+/g, ' ').trim()), width);
}

/** A YAML scalar: bare where that is certain to be read as text, else quoted. */
function scalar(text: string): string {
  return /^[A-Za-z./_][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|~)$/i.test(text) && !text.startsWith('..') ? text : JSON.stringify(text);
}
