import { findLockOwner } from '../journal/run-lock.js';
import { lockFolder } from '../journal/layout.js';

/** The process that works on a manifest's run now; undefined where none does. A dead one's lock does not count. */
export async function liveProcess(commonDir: string, manifest: string): Promise<number | undefined> {
  const found = await findLockOwner(lockFolder(commonDir, manifest));
  return found === undefined || found.liveness === 'dead' ? undefined : found.owner.pid;
}

/** True while a process works on this manifest's run. */
export async function isLive(commonDir: string, manifest: string): Promise<boolean> {
  return (await liveProcess(commonDir, manifest)) !== undefined;
}
