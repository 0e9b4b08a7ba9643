/** What each node takes from named pools while it runs. */

import type { TaskId } from '../model/ids.js';
import { executionOf, featuresOf, type Orchestration, type Settings, type Task } from '../model/orchestration.js';
import { findContests, tasksThatWrite, type Writer } from './overlap.js';

/** Pools named `file:<plan>:<path>` by task; `file:*:<path>` where plans exclude one another. */
export type FilePools = ReadonlyMap<TaskId, ReadonlyMap<string, number>>;

/** Pools of capacity 1 that keep tasks from writing the same file side by side. */
export function filePools(orchestration: Orchestration): FilePools {
  const pools = new Map<TaskId, Map<string, number>>();
  const add = (scope: string, writers: readonly Writer[]): void => {
    for (const { path, shares } of findContests(writers)) {
      const name = `file:${scope}:${path}`;
      for (const [task, share] of shares) {
        const of = pools.get(task) ?? new Map<string, number>();
        of.set(name, share);
        pools.set(task, of);
      }
    }
  };
  const writers = orchestration.plans
    .filter((plan) => featuresOf(orchestration.settings, plan.id).autoFileConflictDetection)
    .map((plan) => ({ plan, writers: tasksThatWrite(plan.phases.flatMap((phase) => phase.tasks)) }));
  if (orchestration.settings.crossPlanFiles === 'serialise') add('*', writers.flatMap((each) => each.writers));
  else for (const each of writers) add(each.plan.id, each.writers);
  return pools;
}

/** The pools that a task draws from: those it names, its files', and its agent's own. */
export function poolsOfTask(task: Task, settings: Settings, files: FilePools): ReadonlyMap<string, number> | undefined {
  const agent = agentPool(task.id, settings);
  const ofFiles = files.get(task.id);
  const named = Object.entries(task.uses);
  if (agent === undefined && named.length === 0) return ofFiles;
  const pools = new Map<string, number>(ofFiles);
  if (agent !== undefined) pools.set(agent, 1);
  for (const [name, amount] of named) pools.set(name, Math.max(amount, pools.get(name) ?? 0));
  return pools;
}

/** The pool named after the agent that carries a node out; undefined where none does. */
export function agentPool(node: string, settings: Settings): string | undefined {
  const { executor } = executionOf(settings, node);
  return executor.kind === 'agent' ? executor.agent : undefined;
}
