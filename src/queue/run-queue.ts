/** Works through the queue, one manifest after another, within a deadline and a ceiling of cost. */
import type { Clock } from '../base/clock.js';
import type { Result } from '../base/result.js';
import { err, ok } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { RunId } from '../model/ids.js';
import { tryLock } from './generation-lock.js';
import type { Queue, QueueEntry, QueueOutcome } from './queue.js';
import { busy, heldBackBy, isOpen, nextEntry } from './queue.js';
import { messageOf } from '../base/text.js';

/** What one manifest's run may use. */
export interface RunBounds {
  /** Milliseconds since the epoch: nothing starts that would not end before. */
  readonly until?: number;
  /** What is left of the night's money. */
  readonly costLeft?: number;
  /** Set when a person or the system wants everything to end. */
  readonly signal: AbortSignal;
}

/** How one manifest's run ended. */
export interface RunResult {
  readonly outcome: QueueOutcome;
  readonly run?: RunId;
  readonly cost: number;
  /** It gave its turn up and could go on from then: an agent's limit ends. Milliseconds since the epoch. */
  readonly resumeAt?: number;
  /** One line for people. */
  readonly note?: string;
}

/** What is needed to work through a queue. */
export interface QueueRunParts {
  readonly queue: Queue;
  readonly clock: Clock;
  /** Runs one manifest, resuming what was begun. */
  readonly runManifest: (entry: QueueEntry, bounds: RunBounds) => Promise<RunResult>;
  readonly signal: AbortSignal;
  readonly until?: number;
  readonly costLimit?: number;
  /** Told when an entry begins and when it ends. */
  readonly report?: (entry: QueueEntry) => void;
  /** Entries that had their turn: they are not run again before the next night. Grows. */
  readonly passed?: Set<number>;
}

/** Why the work ended, and what was done. */
export interface QueueRunEnd {
  readonly because: 'empty' | 'deadline' | 'cost' | 'signal';
  /** Entries that were run, as they stand now, in the order in which they were run. */
  readonly entries: readonly QueueEntry[];
  readonly cost: number;
  /** Open entries that could not run, for what they wait on did not get done. */
  readonly heldBack: readonly QueueEntry[];
}

/** Runs entries until none is left that can run. A second runner of the same queue is refused; the work of a dead one is gone on with. */
export async function runQueue(parts: QueueRunParts): Promise<Result<QueueRunEnd, Failure>> {
  const lock = await tryLock(parts.queue.runnerLock, 'running the queue');
  if (!lock.ok) return err(busy(lock.error, 'the queue is run'));
  try {
    const recovered = await parts.queue.recover();
    return recovered.ok ? await workThrough(parts) : recovered;
  } finally {
    await lock.value.release();
  }
}

async function workThrough(parts: QueueRunParts): Promise<Result<QueueRunEnd, Failure>> {
  const { queue, clock, signal, until, costLimit } = parts;
  const passed = parts.passed ?? new Set<number>();
  const ran: QueueEntry[] = [];
  const resting = new Map<number, number>();
  let cost = 0;
  for (;;) {
    const listed = await queue.list();
    if (!listed.ok) return listed;
    const end = (because: QueueRunEnd['because']): Result<QueueRunEnd, Failure> =>
      ok({ because, entries: ran, cost, heldBack: listed.value.filter((entry) => isOpen(entry) && heldBackBy(entry, listed.value).length > 0) });
    if (signal.aborted) return end('signal');
    if (until !== undefined && clock.now() >= until) return end('deadline');
    if (costLimit !== undefined && cost >= costLimit) return end('cost');
    for (const [id, from] of resting) {
      if (from > clock.now()) continue;
      resting.delete(id);
      passed.delete(id);
    }
    const next = nextEntry(listed.value, passed);
    if (next === undefined) {
      const first = Math.min(...resting.values(), until ?? Number.POSITIVE_INFINITY);
      if (resting.size === 0 || (until !== undefined && first >= until)) return end('empty');
      await restUntil(first, parts);
      continue;
    }
    passed.add(next.id);
    const begun = await queue.update(next.id, (entry) => ({ ...entry, state: 'running', startedAt: clock.now(), endedAt: undefined }));
    if (!begun.ok) return begun;
    if (begun.value === undefined) continue;
    parts.report?.(begun.value);
    const result = await runOne(parts, begun.value, costLimit === undefined ? undefined : costLimit - cost);
    cost += result.cost;
    if (result.outcome === 'deadline' && result.resumeAt !== undefined) resting.set(next.id, result.resumeAt);
    const ended = await queue.update(next.id, (entry) => afterRun(entry, result, clock.now()));
    if (!ended.ok) return ended;
    if (ended.value === undefined) continue;
    const before = ran.findIndex((entry) => entry.id === next.id);
    if (before >= 0) ran.splice(before, 1);
    ran.push(ended.value);
    parts.report?.(ended.value);
  }
}

/** In pieces: somebody may add an entry meanwhile, and a machine that slept wakes with a clock that jumped. */
const lookAgainMs = 60_000;

async function restUntil(moment: number, { clock, signal }: QueueRunParts): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      revoke();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const revoke = clock.after(Math.min(lookAgainMs, Math.max(0, moment - clock.now())), done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** A manifest that cannot be run, whatever happens in it, does not hold up the next. */
async function runOne({ runManifest, signal, until }: QueueRunParts, entry: QueueEntry, costLeft: number | undefined): Promise<RunResult> {
  try {
    return await runManifest(entry, { signal, ...(until === undefined ? {} : { until }), ...(costLeft === undefined ? {} : { costLeft }) });
  } catch (error) {
    return { outcome: 'refused', cost: 0, note: messageOf(error) };
  }
}

function afterRun(entry: QueueEntry, result: RunResult, now: number): QueueEntry {
  return { ...entry, state: stateAfter(result.outcome), endedAt: now, outcome: result.outcome, run: result.run ?? entry.run, note: result.note, cost: entry.cost + result.cost };
}

/** What was stopped, or waits for a person, is gone on with the next time; what failed waits until somebody adds it again. */
function stateAfter(outcome: QueueOutcome): QueueEntry['state'] {
  switch (outcome) {
    case 'landed':
    case 'complete':
      return 'done';
    case 'failed':
    case 'refused':
      return 'failed';
    case 'person':
    case 'interrupted':
    case 'deadline':
      return 'interrupted';
  }
}
