import type { NodeState } from '../state/run-state.js';
import type { TaskStatus } from '../state/task-status.js';

/** How many tasks stand where; `done` holds committed, skipped and ticked ones, so the rest and `done` add up to `total`. */
export interface TaskCounts {
  readonly total: number;
  readonly done: number;
  readonly skipped: number;
  readonly running: number;
  readonly ready: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
}

/** Tasks by status, verifies left out; `statuses` belong to `nodes` in order. */
export function countTasks(nodes: readonly NodeState[], statuses: readonly TaskStatus[]): TaskCounts {
  const counts = { total: 0, done: 0, skipped: 0, running: 0, ready: 0, waiting: 0, blocked: 0, failed: 0 };
  for (const [index, node] of nodes.entries()) {
    if (node.node.kind !== 'task') continue;
    counts.total++;
    switch (statuses[index]) {
      case 'committed':
        counts.done++;
        break;
      case 'skipped':
        counts.done++;
        counts.skipped++;
        break;
      case 'passed':
      case 'running':
        counts.running++;
        break;
      case 'ready':
        counts.ready++;
        break;
      case 'blocked':
        counts.blocked++;
        break;
      case 'failed':
        counts.failed++;
        break;
      case 'waiting':
      case undefined:
        counts.waiting++;
    }
  }
  return counts;
}

/** The counts of all together. */
export function sumCounts(all: readonly TaskCounts[]): TaskCounts {
  const sum = { total: 0, done: 0, skipped: 0, running: 0, ready: 0, waiting: 0, blocked: 0, failed: 0 };
  for (const counts of all) for (const key of Object.keys(sum) as (keyof TaskCounts)[]) sum[key] += counts[key];
  return sum;
}
