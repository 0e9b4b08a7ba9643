/** How much of what there is, as the settings say. */
import type { Settings } from '../model/orchestration.js';

/** Number of attempts of one plan's tasks that may run side by side, and so of its worktrees. */
export function slotsOf(settings: Settings): number {
  return settings.features.parallelTasks ? Math.max(1, settings.perPlan) : 1;
}

const agentNames = new WeakMap<Settings, ReadonlySet<string>>();

/** Capacity of a pool: as stated; an agent without a stated limit is not limited; anything else is used by one at a time. */
export function poolCapacity(settings: Settings, name: string): number {
  const { pools } = settings.limits;
  if (Object.hasOwn(pools, name)) return pools[name] as number;
  let agents = agentNames.get(settings);
  if (!agents) {
    agents = new Set(Object.values(settings.execution).flatMap(({ executor }) => (executor.kind === 'agent' ? [executor.agent] : [])));
    agentNames.set(settings, agents);
  }
  return agents.has(name) ? Number.POSITIVE_INFINITY : 1;
}
