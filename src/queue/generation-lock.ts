/**
 * A lock between processes that outlives none of them. Each holding is a file with a number; the highest one tells who has it.
 * The next number may be created only when that holder is dead or let go, which both are for ever: so nobody who looked long ago
 * can take it from somebody who came since. Numbers are found by name from `newest` on, never by listing the folder: a listing
 * may miss one file that goes and another that comes.
 */
import { randomUUID } from 'node:crypto';
import { access, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../base/atomic-file.js';
import type { Clock } from '../base/clock.js';
import type { ProcessIdentity } from '../base/process-identity.js';
import { livenessOf, ownIdentity, parseIdentity } from '../base/process-identity.js';
import { readRegularText } from '../base/regular-file.js';
import type { Result } from '../base/result.js';
import { err, ok } from '../base/result.js';

/** Who holds a lock and for what, as its file says. */
export interface LockHolder {
  readonly identity: ProcessIdentity;
  readonly purpose: string;
}

/** A lock that is ours until it is released. */
export interface HeldLock {
  /** Lets it go; to be called once. */
  release(): Promise<void>;
}

/** Takes the lock if nobody alive has it; the error is who has. A holder of another machine counts as alive. */
export async function tryLock(folder: string, purpose: string): Promise<Result<HeldLock, LockHolder>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    const newest = await newestGeneration(folder);
    const holder = newest === 0 ? 'nobody' : await readHolder(fileOf(folder, newest));
    if (holder === 'gone') continue;
    if (holder !== 'nobody' && livenessOf(holder.identity) !== 'dead') return err(holder);
    const generation = newest + 1;
    if (!(await create(folder, generation, purpose))) continue;
    // Where its file was removed long ago, the number was free although it had been used: who removed it had written `newest` before.
    if ((await readNewest(folder)) > generation) {
      await rm(fileOf(folder, generation), { force: true });
      continue;
    }
    await replaceFile(join(folder, 'newest'), String(generation));
    if (generation > kept) await rm(fileOf(folder, generation - kept), { force: true });
    if (generation % kept === 0) await removeAside(folder);
    return ok({ release: () => release(folder, generation) });
  }
}

/** Does something while nobody else does something under the same lock; waits for a living holder, but not longer than `patienceMs`. */
export async function withLock<T>(folder: string, purpose: string, clock: Clock, deed: () => Promise<T>, patienceMs = 60_000): Promise<Result<T, LockHolder>> {
  let waited = 0;
  for (let pause = 2; ; pause = Math.min(pause * 2, 100)) {
    const lock = await tryLock(folder, purpose);
    if (lock.ok) {
      try {
        return ok(await deed());
      } finally {
        await lock.value.release();
      }
    }
    if (waited >= patienceMs) return lock;
    waited += pause;
    await new Promise<void>((resolve) => void clock.after(pause, resolve));
  }
}

const asidePrefix = '.new-';
/** Files of this many holdings stay, so that whoever looked a moment ago finds where to go on. */
const kept = 64;

function fileOf(folder: string, generation: number): string {
  return join(folder, `holder-${generation}`);
}

async function newestGeneration(folder: string): Promise<number> {
  let newest = await readNewest(folder);
  while (await exists(fileOf(folder, newest + 1))) newest++;
  return newest;
}

/** 0 before the first holding, and when a power cut took it: then whoever held the lock is gone too. */
async function readNewest(folder: string): Promise<number> {
  const text = await readRegularText(join(folder, 'newest')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The file appears with its content complete, or not at all. */
async function create(folder: string, generation: number, purpose: string): Promise<boolean> {
  const aside = join(folder, `${asidePrefix}${randomUUID()}`);
  await writeFile(aside, `${JSON.stringify({ identity: ownIdentity(), purpose } satisfies LockHolder)}\n`, { mode: 0o600 });
  try {
    await link(aside, fileOf(folder, generation));
    return true;
  } catch (error) {
    // ENOENT: somebody took our half-written file for one that was left behind.
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** What a process that was killed between writing and linking left behind. */
async function removeAside(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    // Only the holder replaces files here, and that is us now.
    if (/^(?:newest|holder-\d+)\.\d{1,10}$/.test(name)) await rm(join(folder, name), { force: true });
    if (!name.startsWith(asidePrefix)) continue;
    const owner = await readHolder(join(folder, name));
    if (owner === 'nobody' || (owner !== 'gone' && livenessOf(owner.identity) === 'dead')) await rm(join(folder, name), { force: true });
  }
}

/** The file stays as the mark of its number, only nobody is in it any more. */
function release(folder: string, generation: number): Promise<void> {
  return replaceFile(fileOf(folder, generation), '{}\n');
}

/** `nobody`: released, or damaged, which only a power cut does, and nobody outlives one. `gone`: the number is long past. */
async function readHolder(file: string): Promise<LockHolder | 'nobody' | 'gone'> {
  let text: string;
  try {
    text = await readRegularText(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    const { identity, purpose } = JSON.parse(text) as Record<string, unknown>;
    const known = parseIdentity(identity);
    return known === undefined ? 'nobody' : { identity: known, purpose: typeof purpose === 'string' ? purpose : '' };
  } catch {
    return 'nobody';
  }
}
