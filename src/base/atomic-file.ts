/** Files that are seen whole or not at all, also after a crash. */
import { open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

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
 * Removes what writers that were killed had begun to put in the place of a file. For a file that nobody else can be writing now.
 * What cannot be removed stays.
 */
export async function removeHalfWritten(folder: string, name: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((one) => one.startsWith(`${name}.`) && /^\d{1,10}$/.test(one.slice(name.length + 1)));
  await Promise.all(left.map((one) => rm(join(folder, one), { force: true }).catch(() => undefined)));
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
