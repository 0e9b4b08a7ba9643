/** What must be done before what, told by the rules themselves, without gates and in quadratic time. */

import type { NodeId } from '../../src/model/ids.js';
import type { Orchestration, Phase, Plan, Task } from '../../src/model/orchestration.js';

/** For every task the tasks that must be done before it; undefined when something waits for itself. */
export function precedence(orchestration: Orchestration): ReadonlyMap<NodeId, ReadonlySet<NodeId>> | undefined {
  const oracle = new Oracle(orchestration);
  try {
    return new Map(orchestration.plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks.map((task) => [task.id, oracle.before(task.id)] as const))));
  } catch (error) {
    if (error === circle) return undefined;
    throw error;
  }
}

const circle = new Error('circle');

class Oracle {
  private readonly memo = new Map<string, ReadonlySet<NodeId> | 'open'>();
  private readonly orchestration: Orchestration;

  constructor(orchestration: Orchestration) {
    this.orchestration = orchestration;
  }

  /** Tasks done before a node may begin, or is reached. */
  before(id: string): ReadonlySet<NodeId> {
    const known = this.memo.get(id);
    if (known === 'open') throw circle;
    if (known !== undefined) return known;
    this.memo.set(id, 'open');
    const result = new Set<NodeId>();
    for (const cause of this.causes(id)) {
      for (const task of this.before(cause)) result.add(task);
      if (this.task(cause) !== undefined) result.add(cause);
    }
    this.memo.set(id, result);
    return result;
  }

  private causes(id: string): readonly string[] {
    for (const plan of this.orchestration.plans) {
      if (id === `${plan.id}.start`) return plan.depends;
      if (id === plan.id) return [`${plan.id}.start`, ...plan.phases.map((phase) => `${plan.id}.phase${phase.id}`)];
      for (const [at, phase] of plan.phases.entries()) {
        const name = `${plan.id}.phase${phase.id}`;
        if (id === name) return [`${name}.open`, ...phase.tasks.map((task) => task.id)];
        if (id === `${name}.open`) return [`${plan.id}.start`, ...phase.depends, ...opening(plan, phase, at)];
        const task = phase.tasks.find((each) => each.id === id);
        if (task !== undefined) return [...task.depends, ...this.taskRule(plan, phase, at, task), ...chained(plan, phase, task)];
      }
    }
    throw new Error(`the oracle does not know ${id}`);
  }

  private taskRule(plan: Plan, phase: Phase, at: number, task: Task): readonly string[] {
    const open = `${plan.id}.phase${phase.id}.open`;
    if (task.after !== undefined) {
      const early = task.after.some((named) => this.phaseAt(plan, named) < at);
      return [...task.after, ...(early ? [`${plan.id}.start`, ...phase.depends] : [open])];
    }
    if (phase.order === 'free') return [open];
    const place = phase.tasks.indexOf(task);
    let first = place;
    while (task.parallel && phase.tasks[first - 1]?.parallel === true) first--;
    return [open, ...phase.tasks.slice(0, task.parallel ? first : place).map((each) => each.id)];
  }

  private phaseAt(plan: Plan, named: NodeId): number {
    return plan.phases.findIndex((phase) => `${plan.id}.phase${phase.id}` === named || phase.tasks.some((task) => task.id === named));
  }

  private task(id: string): Task | undefined {
    return this.orchestration.plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks)).find((task) => task.id === id);
  }
}

function opening(plan: Plan, phase: Phase, at: number): readonly string[] {
  const early = phase.pipelineStart !== undefined && 'when' in phase.pipelineStart ? [phase.pipelineStart.when] : [];
  if (phase.after !== undefined || early.length > 0) return [...(phase.after ?? []), ...early];
  let first = at;
  while (phase.parallel && plan.phases[first - 1]?.parallel === true) first--;
  return plan.phases.slice(0, first).map((each) => `${plan.id}.phase${each.id}`);
}

function chained(plan: Plan, phase: Phase, task: Task): readonly string[] {
  return phase.sequences.flatMap((chain) => {
    const at = chain.findIndex((local) => `${plan.id}.${local}` === task.id);
    return at > 0 ? [`${plan.id}.${chain[at - 1] ?? ''}`] : [];
  });
}
