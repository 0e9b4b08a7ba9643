/** Lock files that a killed git left behind: removed only where it is proved that nobody can still hold them. */
import { rm, stat } from 'node:fs/promises';
import { systemClock } from '../base/clock.js';
import { canSeeProcesses, gitWorksIn } from './former-git.js';

/** Where processes cannot be seen, a lock has to be this old: no git of ours holds one longer. */
const blindAge = 10 * 60_000;
/** A lock that was made this instant may belong to a git whose process we have not seen yet. */
const leastAge = 250;

/** Removes a lock file if it is there and abandoned. True: it is not in the way (any more). */
export async function removeAbandonedLock(file: string, workFolders: readonly string[]): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return true;
  const age = systemClock.now() - found.mtimeMs;
  if (age < leastAge) return false;
  const seeing = await canSeeProcesses();
  if (seeing ? await gitWorksIn(workFolders) : age < blindAge) return false;
  const now = await stat(file).catch(() => undefined);
  if (now === undefined) return true;
  if (now.ino !== found.ino || now.mtimeMs !== found.mtimeMs) return false;
  await rm(file, { force: true });
  return true;
}
