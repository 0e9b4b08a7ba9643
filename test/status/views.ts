import type { PlanRow, RunView } from '../../src/status/view.js';
import type { TaskCounts } from '../../src/status/task-counts.js';

/** Counts with zeros where nothing is said. */
export function counts(some: Partial<TaskCounts>): TaskCounts {
  return { total: 0, done: 0, skipped: 0, running: 0, ready: 0, waiting: 0, blocked: 0, failed: 0, ...some };
}

/** A plan's row; what is not said is quiet. */
export function planRow(id: string, some: Partial<PlanRow> = {}): PlanRow {
  return { id, title: `Plan ${id}`, branch: `plan/${id}`, priority: 50, status: 'waiting', running: [], tasks: counts({ total: 3, waiting: 3 }), reasons: [], failures: [], published: [], stale: [], ...some };
}

/** A picture taken 65 seconds after the run began. */
export function runView(plans: readonly PlanRow[], some: Partial<RunView> = {}): RunView {
  const tasks = counts({});
  const sum = { ...tasks } as Record<keyof TaskCounts, number>;
  for (const plan of plans) for (const key of Object.keys(sum) as (keyof TaskCounts)[]) sum[key] += plan.tasks[key];
  return {
    run: 'm-1',
    manifest: 'manifest.yml',
    target: 'refs/heads/main',
    entries: 10,
    startedAt: 1_000_000,
    at: 1_065_000,
    state: 'running',
    goOn: 'plan orchestrate-multi manifest.yml',
    plans,
    tasks: sum,
    cost: 0,
    landing: { mode: 'all-or-nothing', target: 'a'.repeat(40), landed: [], preparing: [], chain: [], verifying: [], advancing: [], conflicts: [], dropped: [], awaitsApproval: [], undone: [], proposed: [], holds: [] },
    overlaps: [],
    limited: [],
    ...some,
  };
}
