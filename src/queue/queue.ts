/** The queue of manifests that are worked through unattended: kept in the repository, shared by any number of processes. */
import { join } from 'node:path';
import { z } from 'zod';
import { removeHalfWritten, replaceFile } from '../base/atomic-file.js';
import type { Clock } from '../base/clock.js';
import { readRegularText } from '../base/regular-file.js';
import type { Result } from '../base/result.js';
import { err, ok } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { LockHolder } from './generation-lock.js';
import { withLock } from './generation-lock.js';

const outcomes = ['landed', 'complete', 'failed', 'person', 'interrupted', 'deadline', 'refused'] as const;

const entrySchema = z.object({
  /** Its number, counted up and never used again. */
  id: z.int().positive(),
  /** Path relative to the repository's top, POSIX. */
  manifest: z.string().min(1),
  /** Greater is sooner. */
  priority: z.number(),
  /** Entries that have to be done before. */
  after: z.array(z.int().positive()),
  /** `interrupted`: begun and to be gone on with: at a deadline, after a kill, or once a person has acted. */
  state: z.enum(['waiting', 'running', 'done', 'failed', 'interrupted']),
  /** Milliseconds since the epoch. */
  addedAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  /** The newest run of it. */
  run: z.string().optional(),
  /** How that run ended; `refused`: it could not begin. */
  outcome: z.enum(outcomes).optional(),
  /** One line for people. */
  note: z.string().optional(),
  /** Over all of its nights. */
  cost: z.number(),
});

const fileSchema = z.object({ version: z.literal(1), next: z.int().positive(), entries: z.array(entrySchema) });

/** One manifest in the queue. */
export type QueueEntry = z.infer<typeof entrySchema>;
/** How a queued manifest's run ended. */
export type QueueOutcome = (typeof outcomes)[number];

type QueueFile = z.infer<typeof fileSchema>;

/** What a new entry is. */
interface NewEntry {
  readonly manifest: string;
  readonly priority: number;
  /** Entries by number, or by manifest: then its newest entry. */
  readonly after: readonly string[];
}

/** The queue of one repository. Every change is made under a lock and seen whole or not at all. */
export interface Queue {
  /** In the order in which they would be run; ended ones after them, newest first. */
  list(): Promise<Result<readonly QueueEntry[], Failure>>;
  /** Adds a manifest; one that waits already is moved to the new priority instead of being queued twice. */
  add(entry: NewEntry): Promise<Result<{ readonly entry: QueueEntry; readonly added: boolean }, Failure>>;
  /** Removes an entry by number, or all of a manifest that do not run; the removed ones. */
  remove(which: string): Promise<Result<readonly QueueEntry[], Failure>>;
  /** Changes one entry; undefined when it is not there any more. */
  update(id: number, change: (entry: QueueEntry) => QueueEntry): Promise<Result<QueueEntry | undefined, Failure>>;
  /** Entries that a dead runner left as running are interrupted ones. Only the holder of the runner's lock may say so. */
  recover(): Promise<Result<readonly QueueEntry[], Failure>>;
  /** Folder of the lock that makes one runner of the queue. */
  readonly runnerLock: string;
}

const mostEntries = 10_000;
/** Ended entries that are remembered. */
const mostEnded = 200;

/** Opens the queue below a repository's common folder; nothing is created before the first change. */
export function openQueue(commonDir: string, clock: Clock): Queue {
  const folder = join(commonDir, 'plan', 'queue');
  const file = join(folder, 'queue.json');

  const change = async <T>(purpose: string, deed: (queue: QueueFile) => Result<{ readonly queue: QueueFile; readonly value: T }, Failure>): Promise<Result<T, Failure>> => {
    const done = await withLock(join(folder, 'lock'), purpose, clock, async (): Promise<Result<T, Failure>> => {
      await removeHalfWritten(folder, 'queue.json');
      const read = await readQueue(file);
      if (!read.ok) return read;
      const changed = deed(read.value);
      if (!changed.ok) return changed;
      if (changed.value.queue !== read.value) await replaceFile(file, `${JSON.stringify(forgetOld(changed.value.queue), null, 1)}\n`, { durable: true });
      return ok(changed.value.value);
    });
    return done.ok ? done.value : err(busy(done.error, 'the queue is being changed'));
  };

  return {
    runnerLock: join(folder, 'runner'),
    async list() {
      const read = await readQueue(file);
      return read.ok ? ok([...read.value.entries].sort(inOrder)) : read;
    },
    add: (entry) => change('add', (queue) => addTo(queue, entry, clock.now())),
    remove: (which) => change('remove', (queue) => removeFrom(queue, which)),
    update: (id, change_) =>
      change('update', (queue) => {
        const found = queue.entries.find((entry) => entry.id === id);
        if (found === undefined) return ok({ queue, value: undefined });
        const value = change_(found);
        return ok({ queue: { ...queue, entries: queue.entries.map((entry) => (entry === found ? value : entry)) }, value });
      }),
    recover: () =>
      change('recover', (queue) => {
        const left = queue.entries.filter((entry) => entry.state === 'running');
        if (left.length === 0) return ok({ queue, value: [] });
        const entries = queue.entries.map((entry) => (entry.state === 'running' ? { ...entry, state: 'interrupted' as const, outcome: 'interrupted' as const } : entry));
        return ok({ queue: { ...queue, entries }, value: left });
      }),
  };
}

/** What stands in the way of an entry: those of its `after` that are not done; entries that are gone stand in nobody's way. */
export function heldBackBy(entry: QueueEntry, entries: readonly QueueEntry[]): readonly QueueEntry[] {
  return entry.after.flatMap((id) => entries.filter((other) => other.id === id && other.state !== 'done'));
}

/** The entry to run next; undefined when none can run. `passed` are those that had their turn. */
export function nextEntry(entries: readonly QueueEntry[], passed: ReadonlySet<number>): QueueEntry | undefined {
  return [...entries].sort(inOrder).find((entry) => isOpen(entry) && !passed.has(entry.id) && heldBackBy(entry, entries).length === 0);
}

/** True while it is to be run. */
export function isOpen(entry: QueueEntry): boolean {
  return entry.state === 'waiting' || entry.state === 'interrupted';
}

/** Words for somebody else's lock. */
export function busy(holder: LockHolder, what: string): Failure {
  const { pid, host } = holder.identity;
  return { kind: 'busy', code: 'queue-busy', message: `${what} by process ${pid} on ${host.split('/')[0]}`, hint: 'wait until it has ended, or end it' };
}

const stateOrder = { running: 0, interrupted: 1, waiting: 1, failed: 2, done: 2 } as const;

/** Running first, then by priority; what was begun before what was not, then first come, first served. Ended ones newest first. */
function inOrder(a: QueueEntry, b: QueueEntry): number {
  const state = stateOrder[a.state] - stateOrder[b.state];
  if (state !== 0) return state;
  if (stateOrder[a.state] === 2) return (b.endedAt ?? 0) - (a.endedAt ?? 0) || b.id - a.id;
  return b.priority - a.priority || Number(b.state === 'interrupted') - Number(a.state === 'interrupted') || a.id - b.id;
}

function addTo(queue: QueueFile, wanted: NewEntry, now: number): Result<{ readonly queue: QueueFile; readonly value: { readonly entry: QueueEntry; readonly added: boolean } }, Failure> {
  if (!Number.isFinite(wanted.priority)) return err(input('bad-priority', `a priority is a number, and ${wanted.priority} is none`));
  const after: number[] = [];
  for (const name of wanted.after) {
    const found = queue.entries.filter((entry) => isNamed(entry, name)).at(-1);
    if (found === undefined) return err(input('unknown-entry', `nothing in the queue is called ${name}`, 'see `plan queue list`'));
    after.push(found.id);
  }
  const same = queue.entries.find((entry) => entry.manifest === wanted.manifest && (isOpen(entry) || entry.state === 'running'));
  if (same !== undefined) {
    if (after.some((id) => id === same.id || restsOn(queue.entries, id, same.id))) return err(input('queue-cycle', `${wanted.manifest} would wait for itself`));
    const entry = { ...same, priority: wanted.priority, after: [...new Set([...same.after, ...after])] };
    return ok({ queue: { ...queue, entries: queue.entries.map((each) => (each === same ? entry : each)) }, value: { entry, added: false } });
  }
  if (queue.entries.length >= mostEntries) return err(input('queue-full', `the queue holds ${mostEntries} entries, which is the most`));
  const entry: QueueEntry = { id: queue.next, manifest: wanted.manifest, priority: wanted.priority, after: [...new Set(after)], state: 'waiting', addedAt: now, cost: 0 };
  return ok({ queue: { ...queue, next: queue.next + 1, entries: [...queue.entries, entry] }, value: { entry, added: true } });
}

function removeFrom(queue: QueueFile, which: string): Result<{ readonly queue: QueueFile; readonly value: readonly QueueEntry[] }, Failure> {
  const named = queue.entries.filter((entry) => isNamed(entry, which));
  if (named.length === 0) return err(input('unknown-entry', `nothing in the queue is called ${which}`, 'see `plan queue list`'));
  const gone = named.filter((entry) => entry.state !== 'running');
  if (gone.length === 0) return err({ kind: 'busy', code: 'entry-running', message: `${which} is running`, hint: 'stop the run first: `plan cancel`' });
  return ok({ queue: { ...queue, entries: queue.entries.filter((entry) => !gone.includes(entry)) }, value: gone });
}

/** True when entry `id` waits for `other`, directly or through others. */
function restsOn(entries: readonly QueueEntry[], id: number, other: number, seen = new Set<number>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const after = entries.find((entry) => entry.id === id)?.after ?? [];
  return after.includes(other) || after.some((next) => restsOn(entries, next, other, seen));
}

function isNamed(entry: QueueEntry, name: string): boolean {
  return entry.manifest === name || String(entry.id) === name.replace(/^#/, '');
}

function forgetOld(queue: QueueFile): QueueFile {
  const needed = new Set(queue.entries.filter((entry) => entry.state !== 'done' && entry.state !== 'failed').flatMap((entry) => entry.after));
  const ended = queue.entries.filter((entry) => (entry.state === 'done' || entry.state === 'failed') && !needed.has(entry.id));
  if (ended.length <= mostEnded) return queue;
  const old = new Set(ended.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0)).slice(0, ended.length - mostEnded));
  return { ...queue, entries: queue.entries.filter((entry) => !old.has(entry)) };
}

async function readQueue(file: string): Promise<Result<QueueFile, Failure>> {
  let text: string;
  try {
    text = await readRegularText(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ok({ version: 1, next: 1, entries: [] });
    throw error;
  }
  try {
    return ok(fileSchema.parse(JSON.parse(text)));
  } catch {
    return err({ kind: 'input', code: 'queue-damaged', message: `the queue's file cannot be read: ${file}`, hint: 'move it away and add the manifests again' });
  }
}

function input(code: string, message: string, hint?: string): Failure {
  return { kind: 'input', code, message, ...(hint === undefined ? {} : { hint }) };
}
