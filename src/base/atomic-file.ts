/** Files that are seen whole or not at all, also after a crash. */
import { randomUUID } from 'node:crypto';
import { chmod, chown, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { systemClock } from './clock.js';

export interface AtomicWrite {
  /** Permission bits of the file; 0600 unless said otherwise. */
  readonly mode?: number;
  /** True: content and name survive a power cut once the promise is fulfilled. False: a power cut may leave the old file. */
  readonly durable?: boolean;
}

/** Replaces a file by a rename within its folder; a reader sees the old content or the new. Rejects with the system's error. */
export async function replaceFile(path: string, content: string | Buffer, how: AtomicWrite = {}): Promise<void> {
  const durable = how.durable ?? false;
  await writeFileAtomic(path, content, { mode: how.mode ?? 0o600, fsync: durable });
  if (durable) await syncFolder(dirname(path));
}

/**
 * Removes what writers that were killed had begun to put in the place of a file. For a file that nobody else can be writing now, unless
 * `leastAge` (milliseconds) says how old it has to be. What cannot be removed stays. Only in folders of ours: beside others' files such a
 * name may be anything.
 */
export async function removeHalfWritten(folder: string, name: string, leastAge = 0): Promise<void> {
  await removeOlder(folder, (one) => one.startsWith(`${name}.`) && /^\d{1,10}$/.test(one.slice(name.length + 1)), leastAge);
}

/** A small file is written in no time: what is older and still has its temporary name was cut off. Milliseconds. */
export const cutOffAge = 60_000;
const asideName = /^\.plan-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Replaces a person's file, which keeps its owner and mode. What a kill leaves beside it bears a name that nobody else gives (`.plan-…`),
 * and goes when any file of that folder is replaced again.
 */
export async function replaceTheirs(path: string, content: Buffer): Promise<void> {
  const { mode, uid, gid } = await stat(path);
  const folder = dirname(path);
  await removeOlder(folder, (name) => asideName.test(name), cutOffAge);
  const aside = join(folder, `.plan-${randomUUID()}.tmp`);
  try {
    await writeFile(aside, content, { flag: 'wx', mode: 0o600 });
    await chown(aside, uid, gid).catch((error: unknown) => ignoreRefused(error));
    await chmod(aside, mode & 0o777);
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function removeOlder(folder: string, isLeft: (name: string) => boolean, leastAge: number): Promise<void> {
  const left = (await readdir(folder).catch(() => [])).filter(isLeft);
  const remove = async (name: string): Promise<void> => {
    const file = join(folder, name);
    if (leastAge > 0 && systemClock.now() - (await stat(file)).mtimeMs < leastAge) return;
    await rm(file, { force: true });
  };
  await Promise.all(left.map((name) => remove(name).catch(() => undefined)));
}

/** A file that is another's and writable to us becomes ours: there is no giving it away. */
function ignoreRefused(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
}

/** Makes names created in, moved into or removed from a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network and FUSE filesystems know no fsync of a folder; their own promise is all there is.
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
