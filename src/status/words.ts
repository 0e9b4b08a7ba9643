/** Short words for what a row says: why something does not go on, how an attempt ended. Everything of others in them is printable. */
import { unreachable } from '../base/assert.js';
import type { AttemptOutcome, RunOutcome } from '../model/event.js';
import type { NodeId } from '../model/ids.js';
import type { Explanation } from '../state/task-status.js';
import { duration, printable } from './printable.js';
import type { LandingHold } from './landing-view.js';
import type { FailedRow, PlanStatus } from './view.js';

/** Names as a list for people: `A, B and 3 more`. */
export function listed(names: readonly string[], most = 3, more = 0): string {
  const left = names.length - most + more;
  const shown = names.slice(0, most).map(printable);
  if (names.length > most && left > 0) return `${shown.join(', ')} and ${left} more`;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** A gate's id as people say it: `A.start` and `A.phase2.open` have no meaning outside of us. */
export function nodeWord(id: NodeId): string {
  const open = /^(.*)\.open$/.exec(id);
  if (open) return `${open[1]} to open`;
  const start = /^([^.]+)\.start$/.exec(id);
  return start ? `${start[1]} to start` : id;
}

/** Why something does not go on, in a few words; spans are counted from `now`. */
export function because(reason: Explanation, now: number): string {
  switch (reason.kind) {
    case 'waits-for': {
      const names = listed(reason.nodes.map(nodeWord), 3, reason.more);
      return reason.need === undefined ? `waits for ${names}` : `waits for ${reason.need} of ${names}`;
    }
    case 'blocked-by':
      return `blocked: ${listed(reason.nodes.map(nodeWord), 3, reason.more)} failed`;
    case 'plan-stopped':
      return `blocked: plan ${reason.plan} cannot go on`;
    case 'paused':
      return reason.plan === undefined ? 'paused' : `plan ${reason.plan} is paused`;
    case 'taken-over':
      return `plan ${reason.plan} is in a person's hands`;
    case 'manual':
      return 'waits for a person';
    case 'cancelled':
      return reason.ended === true ? 'was ended with the run, and runs again when that goes on' : 'cancelled: `plan retry` runs it again';
    case 'pool':
      return poolWords(reason.pool, reason.heldBy);
    case 'limited':
      return `${printable(reason.pool)} is limited for ${duration(reason.until - now)}`;
    case 'back-off':
      return `tries again in ${duration(reason.until - now)}`;
    case 'limit':
      return limitWords(reason.limit);
    case 'integrating':
      return `merges ${listed(reason.inputs)} in`;
    case 'opening':
      return 'makes its branch';
    default:
      return unreachable(reason);
  }
}

function poolWords(pool: string, heldBy: readonly NodeId[]): string {
  const holders = heldBy.length === 0 ? '' : ` (${listed(heldBy)})`;
  return pool.startsWith('file:') ? `waits for the file ${printable(pool.slice('file:'.length))}${holders}` : `waits for a place in pool ${printable(pool)}${holders}`;
}

function limitWords(limit: 'tasks' | 'plans' | 'per-plan' | 'cost'): string {
  switch (limit) {
    case 'tasks':
      return 'waits for a free place (limits.tasks)';
    case 'plans':
      return 'waits for another plan to pause or end (limits.plans)';
    case 'per-plan':
      return 'waits for its plan’s own tasks';
    case 'cost':
      return 'the cost limit is reached';
    default:
      return unreachable(limit);
  }
}

/** How an attempt ended, in a few words: `exit 2`, `timeout`, `stuck`. */
export function outcomeWords(outcome: AttemptOutcome): string {
  if (outcome.result === 'passed') return 'passed';
  const reason = outcome.reason === undefined ? '' : reasonWords(outcome.reason, outcome.exitCode, outcome.signal);
  if (outcome.result === 'failed') return reason === '' ? 'failed' : reason;
  return reason === '' ? outcome.result : `${outcome.result}: ${reason}`;
}

/** Why an attempt did not pass. */
export function reasonWords(reason: string, exitCode?: number, signal?: string): string {
  switch (reason) {
    case 'exit':
      return exitCode === undefined ? 'failed' : `exit ${exitCode}`;
    case 'signal':
      return signal === undefined ? 'killed' : `killed by ${signal}`;
    case 'timeout':
      return 'ran out of time';
    case 'stuck':
      return 'no output for too long';
    case 'limit':
      return 'usage limit';
    case 'budget':
      return 'budget spent';
    case 'no-change':
      return 'changed nothing';
    case 'bad-output':
      return 'unusable result';
    case 'start':
      return 'could not start';
    case 'setup':
      return 'its worktree could not be made ready';
    case 'conflict':
      return 'does not apply on the new tip';
    case 'rewritten':
      return 'rewrote history';
    case 'hook':
      return 'refused by a commit hook';
    case 'git':
      return 'git refused the commit';
    case 'unwanted':
      return 'not wanted any more';
    case 'request':
      return 'as asked';
    default:
      return reason;
  }
}

/** A failed task on one line: which, why, after how many attempts. */
export function failedWords(row: FailedRow): string {
  const why = row.reason === undefined ? 'failed' : reasonWords(row.reason, row.exitCode);
  const tries = row.attempts > 1 ? ` after ${row.attempts} attempts` : '';
  const note = row.note === undefined || row.note === '' ? '' : `: ${printable(row.note)}`;
  return `${row.node} ${why}${tries}${note}`;
}

/** How a run ended, as a headline; `failed` is how many tasks did. */
export function outcomeHeadline(outcome: RunOutcome, failed: number): string {
  switch (outcome) {
    case 'landed':
      return 'landed';
    case 'complete':
      return 'complete';
    case 'failed':
      return failed > 0 ? 'ended with failures' : 'not all landed';
    case 'person':
      return 'waits for a person';
    case 'interrupted':
      return 'interrupted';
    case 'deadline':
      return 'stopped at its deadline';
    default:
      return unreachable(outcome);
  }
}

/** What keeps a complete plan out of the target, in a few words. */
export function holdWords({ by, reason }: LandingHold): string {
  return reason === 'failed' ? `held back by ${listed(by)}` : `lands after ${listed(by)}`;
}

/** The sign that stands before a plan of this status. */
export function statusSign(status: PlanStatus): string {
  switch (status) {
    case 'landed':
    case 'complete':
      return '✔';
    case 'running':
      return '▶';
    case 'failed':
    case 'refused':
    case 'conflict':
    case 'dropped':
      return '✖';
    case 'blocked':
      return '⊘';
    case 'paused':
      return '⏸';
    case 'by-hand':
      return '☞';
    case 'ready':
    case 'waiting':
      return '·';
    default:
      return unreachable(status);
  }
}
