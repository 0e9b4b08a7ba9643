import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc } from '../rig/property.js';
import type { Liveness, ProcessIdentity } from '../../src/base/process-identity.js';
import { ownIdentity } from '../../src/base/process-identity.js';
import { findLockOwner, takeRunLock } from '../../src/journal/run-lock.js';
import type { LockWorld, RunLock } from '../../src/journal/run-lock.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let locks = 0;
const newLock = (): string => join(folder, `lock-${locks++}`);

/** Processes as a test wants them. */
class World {
  readonly #liveness = new Map<number, Liveness>();
  #pid = 1000;

  process(): LockWorld & { readonly pid: number } {
    const identity: ProcessIdentity = { pid: this.#pid++, startTime: '1', bootId: 'boot', host: 'here/1' };
    this.set(identity.pid, 'alive');
    return { pid: identity.pid, self: () => identity, livenessOf: ({ pid }) => this.#liveness.get(pid) ?? 'dead' };
  }

  set(pid: number, liveness: Liveness): void {
    this.#liveness.set(pid, liveness);
  }
}

async function taken(lock: string, process: LockWorld): Promise<RunLock> {
  const result = await takeRunLock(lock, process);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

test('a live owner is named, and the next one comes in after him', async () => {
  const lock = newLock();
  const world = new World();
  const first = world.process();
  const held = await taken(lock, first);
  expect(held.takenOver).toBe(false);
  expect(await takeRunLock(lock, world.process())).toMatchObject({ ok: false, error: { kind: 'busy', code: 'run-busy', message: expect.stringContaining(`${first.pid}`) } });
  expect(await findLockOwner(lock, first)).toMatchObject({ owner: { pid: first.pid }, liveness: 'alive' });
  await held.release();
  await held.release();
  expect(await findLockOwner(lock, first)).toBeUndefined();
  expect((await taken(lock, world.process())).takenOver).toBe(false);
});

test('a dead owner is replaced at once, and that is said', async () => {
  const lock = newLock();
  const world = new World();
  const first = world.process();
  await taken(lock, first);
  world.set(first.pid, 'dead');
  expect(await findLockOwner(lock, first)).toMatchObject({ liveness: 'dead' });
  expect((await taken(lock, world.process())).takenOver).toBe(true);
});

test.each(['a pipe', 'a folder'])('%s in the lock’s place holds nobody, and nobody gets in', async (what) => {
  const lock = newLock();
  mkdirSync(lock);
  if (what === 'a pipe') execFileSync('mkfifo', [join(lock, '7.lock')]);
  else mkdirSync(join(lock, '7.lock'));
  expect(await takeRunLock(lock)).toMatchObject({ ok: false, error: { code: 'run-busy-elsewhere', hint: expect.stringContaining('7.lock') } });
  expect(await findLockOwner(lock)).toBeUndefined();
});

test('an owner of another machine is not judged from here', async () => {
  const lock = newLock();
  const world = new World();
  const first = world.process();
  await taken(lock, first);
  world.set(first.pid, 'unknown');
  expect(await takeRunLock(lock, world.process())).toMatchObject({ ok: false, error: { code: 'run-busy-elsewhere', hint: expect.stringContaining('1.lock') } });
});

test('a lock that cannot be read is refused with what to do', async () => {
  const lock = newLock();
  mkdirSync(lock);
  writeFileSync(join(lock, '3.lock'), '\0\0');
  expect(await takeRunLock(lock, new World().process())).toMatchObject({ ok: false, error: { code: 'run-busy-elsewhere', hint: expect.stringContaining('3.lock') } });
});

test('with the real processes: this one holds it, also against itself', async () => {
  const lock = newLock();
  const first = await takeRunLock(lock);
  expect(first.ok).toBe(true);
  expect(await takeRunLock(lock)).toMatchObject({ ok: false, error: { code: 'run-busy', message: expect.stringContaining(`${process.pid}`) } });
  expect(await findLockOwner(lock)).toEqual({ owner: ownIdentity(), liveness: 'alive' });
  if (first.ok) await first.value.release();
});

test('nothing but the lock is left, whatever those before left behind', async () => {
  const lock = newLock();
  const world = new World();
  for (let round = 0; round < 3; round++) {
    const one = world.process();
    await taken(lock, one);
    world.set(one.pid, 'dead');
    writeFileSync(join(lock, `draft-${one.pid}-0`), JSON.stringify(one.self()));
  }
  const last = await taken(lock, world.process());
  expect(readdirSync(lock)).toEqual(['4.lock']);
  await last.release();
  expect(readdirSync(lock)).toEqual(['4.lock']);
});

test('however many ask at once, and however they end, one at a time holds it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.record({ turns: fc.nat(4), dies: fc.boolean() }), { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 6 }),
      async (takers) => {
        const lock = newLock();
        const world = new World();
        let holders = 0;
        let held = 0;
        await Promise.all(
          takers.map(async (rounds) => {
            for (const { turns, dies } of rounds) {
              const self = world.process();
              const result = await takeRunLock(lock, self);
              if (!result.ok) {
                if (result.error.code !== 'run-busy') throw new Error(result.error.message);
                continue;
              }
              held++;
              expect(++holders).toBe(1);
              for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
              holders--;
              if (dies) world.set(self.pid, 'dead');
              else await result.value.release();
            }
          }),
        );
        expect(held).toBeGreaterThan(0);
      },
    ),
    { numRuns: Number(process.env['LOCK_RUNS'] ?? 30) },
  );
});
