/**
 * Folders of worktrees on their way out. They are renamed before they are removed: a kill half way would else leave a folder without
 * its `.git`, which could be anybody's. What it does leave is known by its name, and goes with the next deed on the same path.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists } from './files.js';

const doomedName = /\.removed-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Takes a folder off its path, if it stands there; `removeDoomed` then removes it. Only under the repository's lock. */
export async function doom(path: string): Promise<void> {
  if (await exists(path)) await rename(path, `${path}.removed-${randomUUID()}`);
}

/** Removes every folder that was taken off this path, by us or by a process that was killed. Only under the repository's lock. */
export async function removeDoomed(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const names = (await readdir(folder).catch(() => [])).filter((one) => one.replace(doomedName, '') === name && one !== name);
  for (const one of names) await rm(join(folder, one), { recursive: true, force: true, maxRetries: 3 });
}
