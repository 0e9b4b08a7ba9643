/** One orchestrator per repository and manifest: a lock whose dead owner is replaced at once, by exactly one successor. */
import { randomBytes } from 'node:crypto';
import { constants, copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { livenessOf, ownIdentity, parseIdentity } from '../base/process-identity.js';
import type { Liveness, ProcessIdentity } from '../base/process-identity.js';
import { notAFile, readRegularText } from '../base/regular-file.js';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';

/** Proof that this process is the only orchestrator of a repository and manifest. */
export interface RunLock {
  /** True: somebody died holding it, so a recovery may have something to do. */
  readonly takenOver: boolean;
  /** Lets the next one in, also where the disk is full. Calling it again changes nothing. Never rejects. */
  release(): Promise<void>;
}

/** Who holds a lock now. */
export interface LockOwner {
  readonly owner: ProcessIdentity;
  readonly liveness: Liveness;
}

/** What a lock needs to know of processes; tests have their own. */
export interface LockWorld {
  readonly self: () => ProcessIdentity;
  readonly livenessOf: (identity: ProcessIdentity) => Liveness;
}

const realWorld: LockWorld = { self: ownIdentity, livenessOf };

/** A lock that changes hands this often while we look at it is not going to be ours. */
const mostRounds = 100;
const released = 'released\n';
const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Takes the lock whose files are in `folder` (made when missing). The holder is named by the file with the greatest number; taking
 * over is creating the next number, which only one can do, and the greatest file is never removed: so nobody, however slow, takes
 * the lock from a successor he has not seen. Rejects with the system's error.
 */
export async function takeRunLock(folder: string, world: LockWorld = realWorld): Promise<Result<RunLock, Failure>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const self = world.self();
  const draft = join(folder, `draft-${self.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await writeDurably(draft, `${JSON.stringify(self)}\n`);
    for (let round = 0; round < mostRounds; round++) {
      const newest = await newestNumber(folder);
      const held = newest === 0 ? 'free' : await readLock(folder, newest);
      if (held === 'gone') continue;
      if (held !== 'free') {
        const liveness = held.owner === undefined ? 'unknown' : world.livenessOf(held.owner);
        if (liveness !== 'dead') return err(busy(held.owner, liveness, lockFile(folder, newest)));
      }
      if (!(await linkNew(draft, lockFile(folder, newest + 1)))) continue;
      // Our number may have been taken and given back by others meanwhile: then a greater one is there, and ours means nothing.
      if ((await newestNumber(folder)) > newest + 1) {
        await rm(lockFile(folder, newest + 1), { force: true });
        continue;
      }
      await removeOlder(folder, newest + 1);
      await removeDeadDrafts(folder, world);
      return ok(new HeldLock(folder, newest + 1, held !== 'free'));
    }
    return err(busy(undefined, 'unknown', folder));
  } finally {
    await rm(draft, { force: true });
  }
}

/** Who holds the lock; undefined when nobody does. `dead`: whoever takes it next finds a run to recover. */
export async function findLockOwner(folder: string, world: LockWorld = realWorld): Promise<LockOwner | undefined> {
  for (let round = 0; round < mostRounds; round++) {
    const newest = await newestNumber(folder);
    const held = newest === 0 ? 'free' : await readLock(folder, newest);
    if (held === 'gone') continue;
    if (held === 'free' || held.owner === undefined) return undefined;
    return { owner: held.owner, liveness: world.livenessOf(held.owner) };
  }
  return undefined;
}

/** The file that holds the lock without saying who does: a pipe, a folder, no text of ours. Undefined where there is none. */
export async function findNamelessLock(folder: string): Promise<string | undefined> {
  const newest = await newestNumber(folder);
  const held = newest === 0 ? 'free' : await readLock(folder, newest);
  return typeof held === 'object' && held.owner === undefined ? lockFile(folder, newest) : undefined;
}

class HeldLock implements RunLock {
  readonly takenOver: boolean;
  readonly #folder: string;
  readonly #number: number;
  #released = false;

  constructor(folder: string, number: number, takenOver: boolean) {
    this.#folder = folder;
    this.#number = number;
    this.takenOver = takenOver;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    // Replaced, not removed: the number must not be used again.
    const draft = join(this.#folder, `draft-${this.#number}-${randomBytes(6).toString('hex')}`);
    try {
      await writeDurably(draft, released);
      await rename(draft, lockFile(this.#folder, this.#number));
    } catch {
      // A full disk has room for what overwrites. Where nothing can be written we end, and then the lock is that of a dead one.
      await rm(draft, { force: true }).catch(() => undefined);
      await overwrite(lockFile(this.#folder, this.#number), released).catch(() => undefined);
    }
  }
}

function lockFile(folder: string, number: number): string {
  return join(folder, `${number}.lock`);
}

/** The greatest number; 0 when there is none. */
async function newestNumber(folder: string): Promise<number> {
  return Math.max(0, ...(await lockNumbers(folder)));
}

async function lockNumbers(folder: string): Promise<number[]> {
  try {
    return (await readdir(folder)).flatMap((name) => (/^[1-9][0-9]{0,14}\.lock$/.test(name) ? [Number.parseInt(name, 10)] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** `gone`: somebody newer removed it. An owner that cannot be read is undefined. */
async function readLock(folder: string, number: number): Promise<'free' | 'gone' | { readonly owner: ProcessIdentity | undefined }> {
  let text: string;
  try {
    text = await readRegularText(lockFile(folder, number));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'gone';
    if (code === notAFile || code === 'EISDIR') return { owner: undefined };
    throw error;
  }
  return text === released ? 'free' : { owner: parseOwner(text) };
}

/** False when the name is taken. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    // Where there are no hard links a reader may see half of it, and takes it for somebody who cannot be told: he is refused.
    await link(from, to).catch((error: NodeJS.ErrnoException) => {
      if (!noLinks.includes(error.code ?? '')) throw error;
      return copyFile(from, to, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What those left who were killed while they asked for the lock. */
async function removeDeadDrafts(folder: string, world: LockWorld): Promise<void> {
  for (const name of (await readdir(folder)).filter((one) => one.startsWith('draft-'))) {
    const text = await readRegularText(join(folder, name)).catch(() => '');
    const owner = parseOwner(text);
    if (owner !== undefined && world.livenessOf(owner) === 'dead') await rm(join(folder, name), { force: true });
  }
}

function parseOwner(text: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function removeOlder(folder: string, number: number): Promise<void> {
  for (const older of await lockNumbers(folder)) if (older < number) await rm(lockFile(folder, older), { force: true });
}

/** On the disk before it gets its name: after a power cut a lock is whole or not there. */
async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Not whole for an instant: whoever reads it then takes its owner for one who cannot be told, and is refused. */
async function overwrite(path: string, text: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.write(text, 0);
    await handle.truncate(text.length);
  } finally {
    await handle.close();
  }
}

function busy(owner: ProcessIdentity | undefined, liveness: Liveness, file: string): Failure {
  if (owner !== undefined && liveness === 'alive') {
    return {
      kind: 'busy',
      code: 'run-busy',
      message: `another orchestrator works on this manifest: process ${owner.pid}`,
      hint: 'watch it with `plan status --watch`, or end it first',
    };
  }
  const who = owner === undefined ? 'somebody who cannot be told' : `process ${owner.pid} of another machine or container (${owner.host})`;
  return {
    kind: 'busy',
    code: 'run-busy-elsewhere',
    message: `the lock of this manifest is held by ${who}`,
    hint: `when you are sure that nothing works on it any more, remove ${file}`,
  };
}
