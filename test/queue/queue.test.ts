/** The queue: order, references, several processes at once, and its lock. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { systemClock } from '../../src/base/clock.js';
import { ownIdentity } from '../../src/base/process-identity.js';
import { tryLock } from '../../src/queue/generation-lock.js';
import type { Queue } from '../../src/queue/queue.js';
import { nextEntry, openQueue } from '../../src/queue/queue.js';

let folder: string;
let queue: Queue;
let time = 1000;
const clock = { ...systemClock, now: () => time++ };
const here = dirname(fileURLToPath(import.meta.url));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-queue-'));
  queue = openQueue(folder, clock);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function add(manifest: string, priority = 50, after: string[] = []): Promise<number> {
  const added = await queue.add({ manifest, priority, after });
  if (!added.ok) throw new Error(added.error.message);
  return added.value.entry.id;
}

async function names(): Promise<string[]> {
  const listed = await queue.list();
  if (!listed.ok) throw new Error(listed.error.message);
  return listed.value.map((entry) => `${entry.manifest}:${entry.state}`);
}

async function next(...passed: number[]): Promise<string | undefined> {
  const listed = await queue.list();
  return listed.ok ? nextEntry(listed.value, new Set(passed))?.manifest : undefined;
}

test('an empty queue leaves no trace', async () => {
  expect(await names()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('order: priority, then what was begun, then first come', async () => {
  await add('a.yml');
  const b = await add('b.yml');
  await add('c.yml', 75);
  await add('d.yml', 25);
  await queue.update(b, (entry) => ({ ...entry, state: 'interrupted' }));
  expect(await names()).toEqual(['c.yml:waiting', 'b.yml:interrupted', 'a.yml:waiting', 'd.yml:waiting']);
});

test('what waits for another is held back until that is done', async () => {
  const a = await add('a.yml', 10);
  const b = await add('b.yml', 90, ['a.yml']);
  expect(await next()).toBe('a.yml');
  expect(await next(a)).toBeUndefined();
  await queue.update(a, (entry) => ({ ...entry, state: 'failed' }));
  expect(await next()).toBeUndefined();
  await queue.update(a, (entry) => ({ ...entry, state: 'done' }));
  expect(await next()).toBe('b.yml');
  await queue.remove(String(a));
  expect(await next()).toBe('b.yml');
  expect(b).toBeGreaterThan(a);
});

test('a manifest that waits already is moved, not queued twice', async () => {
  const id = await add('a.yml', 50);
  expect(await queue.add({ manifest: 'a.yml', priority: 90, after: [] })).toMatchObject({ ok: true, value: { added: false, entry: { id, priority: 90 } } });
  expect(await names()).toEqual(['a.yml:waiting']);
  await queue.update(id, (entry) => ({ ...entry, state: 'done' }));
  expect(await add('a.yml')).toBe(id + 1);
});

test('mistakes', async () => {
  const a = await add('a.yml');
  await add('b.yml', 50, ['a.yml']);
  expect(await queue.add({ manifest: 'c.yml', priority: 50, after: ['nobody.yml'] })).toMatchObject({ ok: false, error: { kind: 'input', code: 'unknown-entry' } });
  expect(await queue.add({ manifest: 'a.yml', priority: 50, after: ['b.yml'] })).toMatchObject({ ok: false, error: { code: 'queue-cycle' } });
  expect(await queue.add({ manifest: 'a.yml', priority: 50, after: ['a.yml'] })).toMatchObject({ ok: false, error: { code: 'queue-cycle' } });
  expect(await queue.add({ manifest: 'c.yml', priority: Number.NaN, after: [] })).toMatchObject({ ok: false, error: { code: 'bad-priority' } });
  expect(await queue.remove('c.yml')).toMatchObject({ ok: false, error: { code: 'unknown-entry' } });
  await queue.update(a, (entry) => ({ ...entry, state: 'running' }));
  expect(await queue.remove('#1')).toMatchObject({ ok: false, error: { kind: 'busy', code: 'entry-running' } });
  expect(await names()).toEqual(['a.yml:running', 'b.yml:waiting']);
});

test.each(['', '{', '[]', '{"version":2}', '{"version":1,"next":1,"entries":[{"id":"x"}]}'])('a damaged file is not overwritten: %j', async (text) => {
  const file = join(folder, 'plan', 'queue', 'queue.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  expect(await queue.add({ manifest: 'a.yml', priority: 50, after: [] })).toMatchObject({ ok: false, error: { code: 'queue-damaged' } });
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('old ended entries are forgotten, open ones never', async () => {
  const entry = (id: number, more: object) => ({ id, manifest: `e-${id}.yml`, priority: 50, after: [], addedAt: id, cost: 0, ...more });
  const entries = Array.from({ length: 205 }, (_, index) => entry(index + 1, { state: 'done', endedAt: index }));
  mkdirSync(join(folder, 'plan', 'queue'), { recursive: true });
  writeFileSync(join(folder, 'plan', 'queue', 'queue.json'), JSON.stringify({ version: 1, next: 207, entries: [...entries, entry(206, { state: 'waiting', after: [1] })] }));
  await add('open.yml');
  const listed = await names();
  expect(listed).toHaveLength(203);
  expect(listed.slice(0, 2)).toEqual(['e-206.yml:waiting', 'open.yml:waiting']);
  expect(listed).toContain('e-1.yml:done');
  expect(listed).toContain('e-205.yml:done');
  expect(listed).not.toContain('e-2.yml:done');
});

describe('several processes', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = join(mkdtempSync(join(tmpdir(), 'plan-bundle-')), 'queue.mjs');
    const contents = "export * from './queue.js'; export * from './generation-lock.js';";
    await build({ stdin: { contents, resolveDir: join(here, '../../src/queue'), loader: 'ts' }, bundle: true, platform: 'node', format: 'esm', outfile: bundle, logLevel: 'error', banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __filename = import.meta.filename;" } });
  });
  afterAll(() => rmSync(dirname(bundle), { recursive: true, force: true }));

  test('lose nothing', async () => {
    const children = ['p', 'q', 'r', 's'].map((name) => spawn(process.execPath, [join(here, 'adder.mjs'), bundle, folder, name, '15'], { stdio: 'inherit' }));
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number));
    expect(codes).toEqual([0, 0, 0, 0]);
    const listed = await queue.list();
    if (!listed.ok) throw new Error(listed.error.message);
    expect(new Set(listed.value.map((entry) => entry.manifest)).size).toBe(60);
    expect(new Set(listed.value.map((entry) => entry.id)).size).toBe(60);
  });

  test('a lock of the living is respected, of the dead taken over', async () => {
    const lockFolder = join(folder, 'lock');
    const child = spawn(process.execPath, [join(here, 'holder.mjs'), bundle, lockFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(String((await once(child.stdout, 'data'))[0])).toBe('held\n');
    expect(await tryLock(lockFolder, 'me')).toMatchObject({ ok: false, error: { purpose: 'testing', identity: { pid: child.pid } } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const taken = await tryLock(lockFolder, 'me');
    expect(taken.ok).toBe(true);
    if (taken.ok) await taken.value.release();
    expect((await tryLock(lockFolder, 'me')).ok).toBe(true);
  });
});

describe('the lock', () => {
  test('is had by one at a time, whoever asks at once', async () => {
    let inside = 0;
    let most = 0;
    let held = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let tries = 0; tries < 10; tries++) {
          const lock = await tryLock(join(folder, 'lock'), 'x');
          if (!lock.ok) continue;
          held++;
          most = Math.max(most, ++inside);
          await Promise.resolve();
          inside--;
          await lock.value.release();
        }
      }),
    );
    expect(most).toBe(1);
    expect(held).toBeGreaterThan(0);
  });

  test.each([
    ['of this machine’s last boot', { bootId: 'another boot' }, true],
    ['with a pid that is somebody else’s now', { startTime: '1' }, true],
    ['of another machine', { host: 'elsewhere/pid:[1]', bootId: '' }, false],
  ])('a holder %s', async (_name, change, taken) => {
    const lockFolder = join(folder, 'lock');
    mkdirSync(lockFolder);
    writeFileSync(join(lockFolder, 'newest'), '7');
    writeFileSync(join(lockFolder, 'holder-7'), JSON.stringify({ identity: { ...ownIdentity(), ...change }, purpose: 'x' }));
    expect((await tryLock(lockFolder, 'me')).ok).toBe(taken);
    expect(existsSync(join(lockFolder, 'holder-8'))).toBe(taken);
  });

  test('keeps few files, however often it is taken, and none of those that a kill left half written', async () => {
    const lockFolder = join(folder, 'lock');
    mkdirSync(lockFolder);
    for (const name of ['newest.12345678', 'holder-3.4294967295']) writeFileSync(join(lockFolder, name), '');
    for (let index = 0; index < 80; index++) {
      const lock = await tryLock(lockFolder, 'x');
      if (lock.ok) await lock.value.release();
    }
    expect(readFileSync(join(lockFolder, 'newest'), 'utf8')).toBe('80');
    expect(readdirSync(lockFolder)).toHaveLength(65);
  });

  test('a file that a power cut left empty holds nobody', async () => {
    const lockFolder = join(folder, 'lock');
    mkdirSync(lockFolder);
    writeFileSync(join(lockFolder, 'holder-1'), '');
    writeFileSync(join(lockFolder, 'newest'), '');
    expect((await tryLock(lockFolder, 'me')).ok).toBe(true);
  });
});
