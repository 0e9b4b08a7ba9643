/** What changed between two readings of a manifest and its plans; tasks are followed by what they say, not by where they stand. */
import { localOf, type PlanId, type TaskId } from '../model/ids.js';
import type { Orchestration, Plan, Task } from '../model/orchestration.js';

/** The difference, in the order of the new plans. */
export interface StructureDifference {
  readonly added: readonly TaskId[];
  readonly removed: readonly TaskId[];
  /** Same task under another id. */
  readonly renumbered: readonly { readonly from: TaskId; readonly to: TaskId }[];
  /** Same task, other words, script, dependencies, phase or files. */
  readonly changed: readonly TaskId[];
  readonly addedPlans: readonly PlanId[];
  readonly removedPlans: readonly PlanId[];
  /** Every task that is still there: old id to new id. */
  readonly carried: Readonly<Record<TaskId, TaskId>>;
}

/** Compares two orchestrations plan by plan. */
export function compareOrchestrations(before: Orchestration, after: Orchestration): StructureDifference {
  const added: TaskId[] = [];
  const removed: TaskId[] = [];
  const renumbered: { from: TaskId; to: TaskId }[] = [];
  const changed: TaskId[] = [];
  const carried: Record<TaskId, TaskId> = {};
  const oldPlans = new Map(before.plans.map((plan) => [plan.id, plan]));
  const newPlans = new Set(after.plans.map((plan) => plan.id));
  for (const plan of after.plans) {
    const old = oldPlans.get(plan.id);
    const pairs = old ? pairTasks(old, plan) : new Map<Task, Task>();
    for (const task of tasksOf(plan)) {
      const twin = pairs.get(task);
      if (!twin) {
        added.push(task.id);
        continue;
      }
      carried[twin.id] = task.id;
      if (twin.id !== task.id) renumbered.push({ from: twin.id, to: task.id });
      if (textOf(old as Plan, twin) !== textOf(plan, task)) changed.push(task.id);
    }
    const kept = new Set(pairs.values());
    if (old) removed.push(...tasksOf(old).filter((task) => !kept.has(task)).map((task) => task.id));
  }
  for (const plan of before.plans) if (!newPlans.has(plan.id)) removed.push(...tasksOf(plan).map((task) => task.id));
  return {
    added,
    removed,
    renumbered,
    changed,
    carried,
    addedPlans: after.plans.filter((plan) => !oldPlans.has(plan.id)).map((plan) => plan.id),
    removedPlans: before.plans.filter((plan) => !newPlans.has(plan.id)).map((plan) => plan.id),
  };
}

/** New task to old: first those of one id and title, then those of one title, then those of one id that say much the same. */
function pairTasks(before: Plan, after: Plan): Map<Task, Task> {
  const pairs = new Map<Task, Task>();
  const free = new Set(tasksOf(before));
  const byId = new Map([...free].map((task) => [task.id, task]));
  const take = (task: Task, twin: Task): void => {
    pairs.set(task, twin);
    free.delete(twin);
  };
  const tasks = tasksOf(after);
  for (const task of tasks) {
    const twin = byId.get(task.id);
    if (twin && normal(twin.title) === normal(task.title)) take(task, twin);
  }
  const byTitle = new Map<string, Task[]>();
  for (const task of free) byTitle.set(normal(task.title), [...(byTitle.get(normal(task.title)) ?? []), task]);
  for (const task of tasks) {
    if (pairs.has(task)) continue;
    const twin = byTitle.get(normal(task.title))?.shift();
    if (twin) take(task, twin);
  }
  for (const task of tasks) {
    const twin = byId.get(task.id);
    if (!pairs.has(task) && twin && free.has(twin) && alike(twin.title, task.title)) take(task, twin);
  }
  return pairs;
}

function tasksOf(plan: Plan): readonly Task[] {
  return plan.phases.flatMap((phase) => phase.tasks);
}

function normal(title: string): string {
  return title.toLowerCase().replace(/\s+/g, ' ').trim();
}

/** True when at least half of the words of both are the same: a title that was edited, not another task in its place. */
function alike(a: string, b: string): boolean {
  const words = (title: string): Set<string> => new Set(normal(title).match(/[\p{L}\p{N}]+/gu) ?? []);
  const [one, other] = [words(a), words(b)];
  const shared = [...one].filter((word) => other.has(word)).length;
  return shared * 2 >= Math.max(one.size, other.size, 1);
}

/** All that a task states but its own number and place; references stay as ids. */
function textOf(plan: Plan, task: Task): string {
  const phase = plan.phases.find((one) => one.tasks.includes(task));
  const { id: _id, line: _line, done: _done, ...rest } = task;
  return JSON.stringify({ ...rest, phase: phase?.title });
}

/** Tasks for people: `A.2.3`, or `A: 2.3, 2.4`, plan by plan. */
export function listTasks(tasks: readonly TaskId[]): string {
  const byPlan = new Map<PlanId, string[]>();
  for (const task of tasks) {
    const plan = task.slice(0, task.indexOf('.'));
    byPlan.set(plan, [...(byPlan.get(plan) ?? []), localOf(task)]);
  }
  return [...byPlan].map(([plan, ids]) => (ids.length === 1 ? `${plan}.${ids[0]}` : `${plan}: ${ids.join(', ')}`)).join('; ');
}
