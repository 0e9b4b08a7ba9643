/** What orders the tasks of one phase: the file's order, the task's own dependencies, chains; or waves over the whole plan. */

import type { LocalTaskId, NodeId } from '../model/ids.js';
import { phaseNode, taskId } from '../model/ids.js';
import type { Features, Phase, Plan, Task } from '../model/orchestration.js';
import type { GraphDraft } from './graph-draft.js';

interface PhaseInPlan {
  readonly plan: Plan;
  readonly phase: Phase;
  /** Its position among the plan's phases. */
  readonly at: number;
  readonly features: Features;
}

/** Adds the edges of a phase's tasks. */
export function wireTasks(draft: GraphDraft, within: PhaseInPlan): void {
  const { plan, phase, at, features } = within;
  const id = phaseNode(plan.id, phase.id);
  const open = draft.index(`${id}.open`);
  const needs = draft.indexOf.get(`${id}.needs`) ?? draft.index(`${plan.id}.start`);
  const positions = new Map(plan.phases.map((each, position) => [each.id, position]));
  const phaseAt = (node: NodeId): number => positions.get(draft.nodes[draft.index(node)]?.phase ?? '') ?? at;
  const rules = new Map<Task, readonly NodeId[]>();
  for (const task of phase.tasks) {
    const index = draft.index(task.id);
    for (const named of task.depends) draft.state(named, index, task.id);
    const stated = features.taskDependencyGraph ? task.after : task.after?.filter((named) => phaseAt(named) === at);
    // Without the feature a dependency that reaches over a barrier is kept by the barrier, and one that leads nowhere else is no rule.
    if (stated === undefined || (!features.taskDependencyGraph && stated.length === 0)) continue;
    rules.set(task, stated);
    for (const named of stated) draft.state(named, index, task.id);
    draft.edge(stated.some((named) => phaseAt(named) < at) ? needs : open, index);
  }
  if (phase.order === 'file') wireFileOrder(draft, within, open, rules);
  else for (const task of phase.tasks) if (!rules.has(task)) draft.edge(open, draft.index(task.id));
  if (phase.order === 'free') for (const task of phase.tasks) if (task.kind === 'verify' && !rules.has(task)) wireVerifyTask(draft, within, task);
  for (const chain of phase.sequences) wireChain(draft, plan, chain);
}

/** A verification that stands among the tasks checks those before it: it waits for them, unless they wait for it. */
function wireVerifyTask(draft: GraphDraft, { plan, phase }: PhaseInPlan, verify: Task): void {
  const before = phase.tasks.slice(0, phase.tasks.indexOf(verify)).filter((task) => task.kind === 'task' && task.after?.includes(verify.id) !== true);
  const id = `${verify.id}.before`;
  draft.barrier(before.map((task) => draft.index(task.id)), [draft.index(verify.id)], () => ({ id, kind: 'group', plan: plan.id, phase: phase.id, seconds: 0 }));
}

/**
 * Tasks one after another, runs of neighbours marked parallel side by side. A task with a rule of its own leaves the row, but the
 * next one without a rule waits for it as well.
 */
function wireFileOrder(draft: GraphDraft, { plan, phase }: PhaseInPlan, open: number, rules: ReadonlyMap<Task, readonly NodeId[]>): void {
  let since: number[] = [];
  for (const [number, row] of rowsOf(inStatedOrder(phase.tasks, rules)).entries()) {
    const plain = row.filter((task) => !rules.has(task)).map((task) => draft.index(task.id));
    for (const index of plain) draft.edge(open, index);
    const id = `${phaseNode(plan.id, phase.id)}.group${number + 1}`;
    draft.barrier(since, plain, () => ({ id, kind: 'group', plan: plan.id, phase: phase.id, seconds: 0 }));
    const all = row.map((task) => draft.index(task.id));
    since = plain.length > 0 ? all : [...since, ...all];
  }
}

/** File order, but a task that states that it waits for a later one of its phase comes after that one. */
function inStatedOrder(tasks: readonly Task[], rules: ReadonlyMap<Task, readonly NodeId[]>): readonly Task[] {
  const byId = new Map<NodeId, Task>(tasks.map((task) => [task.id, task]));
  const sorted = new Set<Task>();
  const entered = new Set<Task>();
  for (const root of tasks) {
    const path = [root];
    while (path.length > 0) {
      const task = path[path.length - 1] ?? root;
      // A task entered before is the end of a circle, which the graph reports: here it only must not loop.
      const waitsFor = entered.has(task) ? [] : (rules.get(task) ?? []);
      entered.add(task);
      const open = waitsFor.flatMap((named) => byId.get(named) ?? []).filter((each) => !sorted.has(each) && !entered.has(each));
      if (open.length > 0) for (const each of open.reverse()) path.push(each);
      else {
        sorted.add(task);
        path.pop();
      }
    }
  }
  return [...sorted];
}

function rowsOf(tasks: readonly Task[]): readonly (readonly Task[])[] {
  const rows: Task[][] = [];
  for (const [at, task] of tasks.entries()) {
    if (task.parallel && tasks[at - 1]?.parallel === true) rows[rows.length - 1]?.push(task);
    else rows.push([task]);
  }
  return rows;
}

function wireChain(draft: GraphDraft, plan: Plan, chain: readonly LocalTaskId[]): void {
  const known = chain.map((local) => taskId(plan.id, local)).filter((id) => draft.indexOf.has(id));
  for (const [at, id] of known.entries()) {
    const previous = known[at - 1];
    if (previous !== undefined) draft.state(previous, draft.index(id), id);
  }
}

/** Waves over a whole plan: each waits for all of the one before. A task's own dependencies count where the waves do not contradict them. */
export function wireWaves(draft: GraphDraft, plan: Plan, waves: readonly (readonly LocalTaskId[])[]): void {
  const waveOf = new Map<NodeId, number>();
  for (const [number, wave] of waves.entries()) for (const local of wave) waveOf.set(taskId(plan.id, local), number);
  let since: number[] = [];
  for (const [number, wave] of waves.entries()) {
    const members = [...new Set(wave)].map((local) => taskId(plan.id, local)).filter((id) => draft.indexOf.has(id) && waveOf.get(id) === number);
    const indexes = members.map((id) => draft.index(id));
    draft.barrier(since, indexes, () => ({ id: `${plan.id}.wave${number}.open`, kind: 'group', plan: plan.id, seconds: 0 }));
    if (indexes.length > 0) since = indexes;
  }
  for (const phase of plan.phases) {
    const needs = draft.indexOf.get(`${phaseNode(plan.id, phase.id)}.needs`) ?? draft.index(`${plan.id}.start`);
    const open = draft.index(`${phaseNode(plan.id, phase.id)}.open`);
    for (const task of phase.tasks) {
      const index = draft.index(task.id);
      draft.edge(waveOf.has(task.id) ? needs : open, index);
      for (const named of task.depends) draft.state(named, index, task.id);
      for (const named of task.after ?? []) {
        const wave = waveOf.get(named);
        if (wave !== undefined && wave <= (waveOf.get(task.id) ?? Infinity)) draft.state(named, index, task.id);
      }
    }
  }
}
