/** Lock files that a killed git left behind: removed only where it is proved that nobody can still hold them. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../base/clock.js';
import { canSeeProcesses, gitWorksIn } from './former-git.js';
import type { WorktreeLink } from './worktree-link.js';

/** Where processes cannot be seen, a lock has to be this old: no git of ours holds one longer. */
const blindAge = 10 * 60_000;
/** A lock that was made this instant may belong to a git whose process we have not seen yet. */
const leastAge = 250;

/** Removes a lock file if it is there and abandoned. True: it is not in the way (any more). */
export async function removeAbandonedLock(file: string, workFolders: readonly string[]): Promise<boolean> {
  const first = await stat(file).catch(() => undefined);
  if (first === undefined) return true;
  const young = leastAge - (systemClock.now() - first.mtimeMs);
  if (young > 0) await pause(Math.min(young, leastAge));
  const seeing = await canSeeProcesses();
  const age = systemClock.now() - first.mtimeMs;
  if (seeing ? await gitWorksIn(workFolders) : age < blindAge) return false;
  const now = await stat(file).catch(() => undefined);
  if (now === undefined) return true;
  if (now.ino !== first.ino || now.mtimeMs !== first.mtimeMs) return false;
  await rm(file, { force: true });
  return true;
}

/** Removes the abandoned locks of a worktree: of its index, its HEAD, and whatever else stands in its git folder. */
export async function freeWorktree(link: WorktreeLink): Promise<void> {
  const names = await readdir(link.gitDir).catch(() => []);
  for (const name of names) if (name.endsWith('.lock')) await removeAbandonedLock(join(link.gitDir, name), [link.path, link.gitDir]);
}
