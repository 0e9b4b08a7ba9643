/** Manifests of the queue run one after another, as `queue run` and `nightly` both do it. */
import path from 'node:path';
import { systemClock } from '../base/clock.js';
import type { Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import { runQueue, type QueueRunEnd, type RunBounds, type RunResult } from '../queue/run-queue.js';
import type { Queue, QueueEntry, QueueOutcome } from '../queue/queue.js';
import { asTyped, type Context } from './context.js';
import { exit, type ExitCode } from './exit.js';
import { runOrchestration } from './run-orchestration.js';

/** What is worked through, and within which bounds. */
export interface NightWork {
  readonly queue: Queue;
  /** Top of the worktree that manifests are relative to. */
  readonly top: string;
  /** Milliseconds since the epoch. */
  readonly until?: number;
  readonly costLimit?: number;
  readonly passed?: Set<number>;
  readonly signal?: AbortSignal;
  /** Somebody is told of the whole night's end: no manifest tells its own. */
  readonly endIsTold?: boolean;
}

/** Works through the queue. Ctrl-C ends it: the running manifest as an interrupt of its own does, the rest waits. */
export async function workThroughQueue(work: NightWork, context: Context): Promise<Result<QueueRunEnd, Failure>> {
  const stop = new AbortController();
  const silence = context.terminal.onSignal(() => stop.abort());
  work.signal?.addEventListener('abort', () => stop.abort());
  const { terminal } = context;
  try {
    return await runQueue({
      queue: work.queue,
      clock: systemClock,
      signal: stop.signal,
      runManifest: (entry, bounds) => runOne(entry, bounds, work, context),
      report: (entry) => void terminal.stderr.write(`${entry.id}: ${entry.manifest} ${entry.state}${entry.note === undefined ? '' : `: ${entry.note}`}\n`),
      ...(work.until === undefined ? {} : { until: work.until }),
      ...(work.costLimit === undefined ? {} : { costLimit: work.costLimit }),
      ...(work.passed === undefined ? {} : { passed: work.passed }),
    });
  } finally {
    silence();
  }
}

/** A limit that is over sooner is waited for. */
const patienceMs = 2 * 60_000;

async function runOne(entry: QueueEntry, bounds: RunBounds, { top, endIsTold = false }: NightWork, context: Context): Promise<RunResult> {
  const flags: Record<string, unknown> = {};
  if (bounds.costLeft !== undefined) flags['cost'] = String(entry.cost + Math.max(0, bounds.costLeft));
  const answer = await runOrchestration({ file: asTyped(context, path.join(top, entry.manifest)), flags, dryRun: false, fresh: false, events: false, plain: !context.terminal.live, quiet: false, deadline: bounds.until, patienceMs, endIsTold }, context);
  const picture = (answer.json ?? {}) as { readonly run?: string; readonly ended?: string; readonly cost?: number; readonly limited?: readonly { readonly until: string }[] };
  const ends = (picture.limited ?? []).map(({ until }) => Date.parse(until)).filter(Number.isFinite);
  const failure = answer.failures?.[0];
  const { text } = answer;
  if (text !== undefined && text !== '' && !context.json) context.terminal.stdout.write(`${text}\n`);
  return {
    outcome: outcomeOf(picture.ended),
    cost: Math.max(0, (picture.cost ?? 0) - entry.cost),
    ...(picture.run === undefined ? {} : { run: picture.run }),
    ...(picture.ended === 'deadline' && ends.length > 0 ? { resumeAt: Math.min(...ends) } : {}),
    ...(failure === undefined ? {} : { note: failure.message }),
  };
}

/** A run that could not begin has no picture; one that had landed before has nothing to do. */
function outcomeOf(ended: string | undefined): QueueOutcome {
  switch (ended) {
    case 'idle':
      return 'landed';
    case 'landed':
    case 'complete':
    case 'failed':
    case 'person':
    case 'interrupted':
    case 'deadline':
      return ended;
    default:
      return 'refused';
  }
}

/** The exit code of a night: 3 where somebody is needed, 1 where something failed. */
export function queueOutcome(entries: readonly QueueEntry[]): ExitCode {
  if (entries.some(({ outcome }) => outcome === 'person')) return exit.person;
  return entries.some(({ state }) => state === 'failed' || state === 'interrupted') ? exit.failed : exit.done;
}
