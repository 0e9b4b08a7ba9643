/** Files that several tasks would write: exclusion inside a plan, reports across plans. Names are predictions, never proof. */

import { globBase, isGlob, matchesGlob } from '../base/glob.js';
import type { NodeId, PlanId, TaskId } from '../model/ids.js';
import { featuresOf, type Orchestration, type Task } from '../model/orchestration.js';
import type { Graph } from './graph.js';

/** A task with the files that it would write. */
export interface Writer {
  readonly task: TaskId;
  readonly files: readonly string[];
}

/** Tasks that cannot write `path` side by side. `share` is 1 for who may write all of it, less for who writes a part. */
export interface Contest {
  readonly path: string;
  readonly shares: ReadonlyMap<TaskId, number>;
}

/** A path that tasks of one or of several plans would write, for people. */
export interface Overlap {
  readonly path: string;
  readonly tasks: readonly TaskId[];
  readonly plans: readonly PlanId[];
  /** Pairs of tasks of different plans that nothing keeps from running at once; at most 20. */
  readonly unordered: readonly (readonly [TaskId, TaskId])[];
  /** True when tasks of one plan are among them and are kept apart by a pool. */
  readonly excluded: boolean;
}

const longestPath = 4096;
/** Globs of one folder that are matched one by one; more are taken as the whole folder. */
const maxGlobsOfFolder = 64;
const maxUnordered = 20;
/** Steps spent on asking whether tasks of different plans are ordered anyway. */
const maxSteps = 20_000_000;

interface Mention {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'glob';
  /** The file itself, the folder, or the folder below which the glob begins; no final slash. */
  readonly base: string;
  readonly tasks: Set<TaskId>;
  /** Tasks that write a part of what this names. */
  readonly partly: Set<TaskId>;
}

/**
 * Which tasks would meet in which path. A folder or glob and the files in it are one contest of the folder, in which its own tasks
 * take the whole and the others an equal part each, a power of two so that sums are exact: parts run side by side, the whole runs alone.
 */
export function findContests(writers: readonly Writer[]): readonly Contest[] {
  const { mentions, byBase } = collect(writers);
  for (const mention of mentions) {
    for (const folder of foldersFrom(mention.base)) {
      for (const outer of byBase.get(folder) ?? []) {
        if (outer === mention || !covers(outer, mention)) continue;
        for (const task of mention.tasks) outer.partly.add(task);
      }
    }
  }
  const contests: Contest[] = [];
  for (const { path, tasks, partly } of mentions) {
    const part = 2 ** -Math.ceil(Math.log2(Math.max(1, partly.size)));
    const shares = new Map<TaskId, number>();
    for (const task of partly) shares.set(task, part);
    for (const task of tasks) shares.set(task, 1);
    if (shares.size > 1) contests.push({ path, shares });
  }
  return contests;
}

function collect(writers: readonly Writer[]): { mentions: readonly Mention[]; byBase: ReadonlyMap<string, readonly Mention[]> } {
  const byPath = new Map<string, Mention>();
  const globsOf = new Map<string, number>();
  for (const { task, files } of writers) {
    for (const file of files) {
      let path = normalise(file);
      if (path === undefined) continue;
      if (!byPath.has(path) && isGlob(path)) {
        const base = globBase(path);
        const count = (globsOf.get(base) ?? 0) + 1;
        globsOf.set(base, count);
        if (count > maxGlobsOfFolder) path = `${base}/`;
      }
      const known = byPath.get(path);
      if (known !== undefined) known.tasks.add(task);
      else byPath.set(path, { ...describe(path), path, tasks: new Set([task]), partly: new Set() });
    }
  }
  const mentions = [...byPath.values()];
  const byBase = new Map<string, Mention[]>();
  for (const mention of mentions) {
    const list = byBase.get(mention.base);
    if (list === undefined) byBase.set(mention.base, [mention]);
    else list.push(mention);
  }
  return { mentions, byBase };
}

function describe(path: string): { kind: Mention['kind']; base: string } {
  if (isGlob(path)) return { kind: 'glob', base: globBase(path) };
  return path.endsWith('/') ? { kind: 'folder', base: path.slice(0, -1) } : { kind: 'file', base: path };
}

/** One spelling of a path; undefined for what is none, or is too long to be one. */
function normalise(file: string): string | undefined {
  if (file.length > longestPath) return undefined;
  const parts = file.split('/').filter((part, at, all) => part !== '.' && (part !== '' || at === all.length - 1));
  const path = parts.join('/');
  return path === '' ? undefined : path;
}

/** The path itself and every folder above it, up to ''. */
function* foldersFrom(base: string): Generator<string> {
  for (let folder = base; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) yield folder;
  yield '';
}

/** Whether what `inner` names lies in `outer`, or could; `outer.base` is `inner.base` or a folder above it. */
function covers(outer: Mention, inner: Mention): boolean {
  const sameBase = outer.base === inner.base;
  if (outer.kind !== 'glob') return !sameBase || outer.path > inner.path || inner.kind === 'glob';
  if (inner.kind === 'file') return matchesGlob(outer.path, inner.path);
  if (sameBase && outer.path < inner.path) return false;
  return inner.kind === 'folder' || !endDifferently(outer.path, inner.path);
}

/** True for `*.ts` against `*.css`: no file matches both. */
function endDifferently(one: string, other: string): boolean {
  const ending = /\.[A-Za-z0-9]+$/;
  const first = ending.exec(one)?.[0];
  const second = ending.exec(other)?.[0];
  return first !== undefined && second !== undefined && first !== second;
}

/** Everything that more than one task would write, within plans and across them, for people to judge. */
export function findOverlaps(orchestration: Orchestration, graph: Graph): readonly Overlap[] {
  const planOfTask = new Map<TaskId, PlanId>();
  const writers: Writer[] = [];
  for (const plan of orchestration.plans) {
    for (const task of tasksThatWrite(plan.phases.flatMap((phase) => phase.tasks))) {
      planOfTask.set(task.task, plan.id);
      writers.push(task);
    }
  }
  const budget = { steps: maxSteps };
  return findContests(writers).map(({ path, shares }) => {
    const tasks = [...shares.keys()];
    const byPlan = new Map<PlanId, number>();
    for (const task of tasks) byPlan.set(planOfTask.get(task) ?? '', (byPlan.get(planOfTask.get(task) ?? '') ?? 0) + 1);
    const excluded = [...byPlan].some(([plan, count]) => count > 1 && featuresOf(orchestration.settings, plan).autoFileConflictDetection);
    const unordered = byPlan.size > 1 ? unorderedPairs(graph, shares, planOfTask, budget) : [];
    return { path, tasks, plans: [...byPlan.keys()], unordered, excluded };
  });
}

/** Tasks that will run and are said to write something. */
export function tasksThatWrite(tasks: readonly Task[]): readonly Writer[] {
  return tasks.filter((task) => !task.done && task.files.length > 0).map(({ id, files }) => ({ task: id, files }));
}

/** Pairs of different plans of which neither waits for the other and which could both write the same part. */
function unorderedPairs(
  graph: Graph,
  shares: ReadonlyMap<TaskId, number>,
  planOfTask: ReadonlyMap<TaskId, PlanId>,
  budget: { steps: number },
): readonly (readonly [TaskId, TaskId])[] {
  const byOrder = [...shares.keys()].sort((one, other) => (graph.indexOf.get(one) ?? 0) - (graph.indexOf.get(other) ?? 0));
  const pairs: (readonly [TaskId, TaskId])[] = [];
  for (const [at, one] of byOrder.entries()) {
    const others = byOrder.slice(at + 1).filter((other) => {
      return planOfTask.get(other) !== planOfTask.get(one) && (shares.get(one) === 1 || shares.get(other) === 1);
    });
    if (others.length === 0) continue;
    const after = reachable(graph, one, others[others.length - 1] ?? one, budget);
    for (const other of others) {
      if (after.has(graph.indexOf.get(other) ?? -1)) continue;
      pairs.push([one, other]);
      if (pairs.length === maxUnordered) return pairs;
    }
  }
  return pairs;
}

/** Indexes of what waits for `from`, as far as `last` in topological order; less than all of it once the budget is spent. */
function reachable(graph: Graph, from: NodeId, last: NodeId, budget: { steps: number }): ReadonlySet<number> {
  const start = graph.indexOf.get(from);
  const end = graph.indexOf.get(last) ?? 0;
  const seen = new Set<number>(start === undefined ? [] : [start]);
  for (const node of seen) {
    for (const next of graph.after[node] ?? []) {
      if (budget.steps-- <= 0) return seen;
      if (next <= end) seen.add(next);
    }
  }
  return seen;
}
