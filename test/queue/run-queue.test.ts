/** Nights of work: order, bounds, failures, interruption, two runners. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import type { QueueRunEnd, RunBounds, RunResult } from '../../src/queue/run-queue.js';
import { runQueue } from '../../src/queue/run-queue.js';
import type { Queue, QueueEntry } from '../../src/queue/queue.js';
import { openQueue } from '../../src/queue/queue.js';

let folder: string;
let queue: Queue;
let time: number;
const clock = { ...systemClock, now: () => time };
const never = new AbortController().signal;

beforeEach(async () => {
  time = 0;
  folder = mkdtempSync(join(tmpdir(), 'plan-night-'));
  queue = openQueue(folder, clock);
  for (const name of ['a', 'b', 'c']) await queue.add({ manifest: `${name}.yml`, priority: 50, after: [] });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Outcomes = Readonly<Record<string, Partial<RunResult> | Error | ((bounds: RunBounds) => Partial<RunResult> | Promise<Partial<RunResult>>)>>;

/** Each run takes an hour. */
async function night(outcomes: Outcomes, more: { until?: number; costLimit?: number; signal?: AbortSignal; passed?: Set<number>; report?: (entry: QueueEntry) => void } = {}): Promise<QueueRunEnd & { ran: string[] }> {
  const ran: string[] = [];
  const end = await runQueue({
    queue,
    clock,
    signal: never,
    ...more,
    runManifest: async (entry, bounds) => {
      ran.push(entry.manifest);
      time += 3600_000;
      const outcome = outcomes[entry.manifest.replace('.yml', '')] ?? {};
      if (outcome instanceof Error) throw outcome;
      return { outcome: 'landed', cost: 0, ...(typeof outcome === 'function' ? await outcome(bounds) : outcome) };
    },
  });
  if (!end.ok) throw new Error(end.error.message);
  return { ...end.value, ran };
}

/** A night in virtual time: the clock jumps to the next timer when everything rests. */
async function virtualNight(runs: (entry: QueueEntry, turn: number) => Partial<RunResult>, until: number): Promise<QueueRunEnd & { turns: string[] }> {
  const turns: string[] = [];
  const leaps = { now: () => time, after: (ms: number, callback: () => void) => (queueMicrotask(() => void ((time += ms), callback())), () => undefined) };
  const end = await runQueue({
    queue,
    clock: leaps,
    signal: never,
    until,
    runManifest: (entry) => {
      turns.push(`${entry.manifest.replace('.yml', '')}@${time / 60_000}`);
      time += 10 * 60_000;
      return Promise.resolve({ outcome: 'landed', cost: 1, ...runs(entry, turns.filter((turn) => turn.startsWith(entry.manifest.replace('.yml', '@'))).length) });
    },
  });
  if (!end.ok) throw new Error(end.error.message);
  return { ...end.value, turns };
}

test('one that waits for an agent’s limit gives its turn up, and gets it back when the limit is over', async () => {
  const end = await virtualNight((entry, turn) => (entry.manifest === 'a.yml' && turn === 1 ? { outcome: 'deadline', resumeAt: 3 * 3600_000 } : {}), 8 * 3600_000);
  expect(end.turns).toEqual(['a@0', 'b@10', 'c@20', 'a@180']);
  expect(end).toMatchObject({ because: 'empty', cost: 4 });
  expect(end.entries.map(({ manifest, state }) => `${manifest} ${state}`)).toEqual(['b.yml done', 'c.yml done', 'a.yml done']);
});

test('a limit that outlasts the night is left to the next one', async () => {
  const end = await virtualNight((entry) => (entry.manifest === 'a.yml' ? { outcome: 'deadline', resumeAt: 9 * 3600_000 } : {}), 8 * 3600_000);
  expect(end.turns).toEqual(['a@0', 'b@10', 'c@20']);
  expect(end.because).toBe('empty');
  expect((await states())['a.yml']).toBe('interrupted');
  const next = await virtualNight(() => ({}), 40 * 3600_000);
  expect(next.turns).toEqual(['a@30']);
});

async function states(): Promise<Record<string, string>> {
  const listed = await queue.list();
  return Object.fromEntries(listed.ok ? listed.value.map((entry) => [entry.manifest, entry.state]) : []);
}

test('one that fails, or cannot run at all, does not hold up the next', async () => {
  const end = await night({ a: { outcome: 'failed', note: 'A.1.2 exit 1' }, b: new Error('disk full') });
  expect(end).toMatchObject({ because: 'empty', ran: ['a.yml', 'b.yml', 'c.yml'] });
  expect(await states()).toEqual({ 'a.yml': 'failed', 'b.yml': 'failed', 'c.yml': 'done' });
  expect(end.entries.map((entry) => entry.note)).toEqual(['A.1.2 exit 1', 'disk full', undefined]);
});

test('three manifests, one failing, one limited, the deadline in the middle; the next night finishes', async () => {
  const first = await night({ a: { outcome: 'failed' }, b: { outcome: 'deadline', run: 'b-1', cost: 2 } }, { until: 2 * 3600_000 });
  expect(first).toMatchObject({ because: 'deadline', ran: ['a.yml', 'b.yml'], cost: 2 });
  expect(await states()).toEqual({ 'a.yml': 'failed', 'b.yml': 'interrupted', 'c.yml': 'waiting' });
  const second = await night({ b: { run: 'b-1', cost: 1 } });
  expect(second.ran).toEqual(['b.yml', 'c.yml']);
  expect(second.entries[0]).toMatchObject({ state: 'done', run: 'b-1', cost: 3 });
});

test('money: nothing starts when it is spent, and each run is told what is left', async () => {
  const left: (number | undefined)[] = [];
  const spend = (cost: number) => (bounds: RunBounds) => (left.push(bounds.costLeft), { cost });
  const end = await night({ a: spend(3), b: spend(8) }, { costLimit: 10 });
  expect(end).toMatchObject({ because: 'cost', cost: 11, ran: ['a.yml', 'b.yml'] });
  expect(left).toEqual([10, 7]);
});

test('each has one turn a night, also one that waits for a person', async () => {
  const passed = new Set<number>();
  expect((await night({ a: { outcome: 'person' } }, { passed })).ran).toEqual(['a.yml', 'b.yml', 'c.yml']);
  expect((await night({}, { passed })).ran).toEqual([]);
  expect((await night({})).ran).toEqual(['a.yml']);
});

test('a signal ends it after the run that is told of it', async () => {
  const abort = new AbortController();
  const end = await night({ a: (bounds) => (abort.abort(), { outcome: bounds.signal.aborted ? 'interrupted' : 'landed' }) }, { signal: abort.signal });
  expect(end).toMatchObject({ because: 'signal', ran: ['a.yml'] });
  expect((await states())['a.yml']).toBe('interrupted');
});

test('what a dead runner left running is gone on with', async () => {
  await queue.update(2, (entry) => ({ ...entry, state: 'running', run: 'b-1' }));
  const end = await night({});
  expect(end.ran).toEqual(['b.yml', 'a.yml', 'c.yml']);
});

test('a manifest added meanwhile is taken up; what waits for a failed one is told', async () => {
  await queue.add({ manifest: 'd.yml', priority: 50, after: ['a.yml'] });
  const addWhileRunning = async (): Promise<Partial<RunResult>> => {
    await queue.add({ manifest: 'e.yml', priority: 99, after: [] });
    return {};
  };
  const end = await night({ a: { outcome: 'failed' }, b: addWhileRunning });
  expect(end.ran).toContain('e.yml');
  expect(end.ran).not.toContain('d.yml');
  expect(end.heldBack.map((entry) => entry.manifest)).toEqual(['d.yml']);
});

test('a second runner is refused while the first one works', async () => {
  let second: unknown;
  await night({}, { report: (entry) => void (entry.state === 'running' && (second ??= runQueue({ queue, clock, signal: never, runManifest: () => Promise.reject(new Error('ran twice')) }))) });
  expect(await second).toMatchObject({ ok: false, error: { kind: 'busy', code: 'queue-busy' } });
  expect(await states()).toEqual({ 'a.yml': 'done', 'b.yml': 'done', 'c.yml': 'done' });
});
