/** Ending processes: a whole group, or those that bear a mark. */
import type { Clock } from './clock.js';
import { isStillMarked, liveGroupMembers, readProcessStat } from './process-scan.js';
import type { MarkedProcess } from './process-scan.js';

/** A process that SIGKILL does not end (a dead network disk) is waited for this long. */
export const killedWaitMs = 30_000;
const unwatchedGraceMs = 2000;
/** A process stops within microseconds of being told to; one that is deep in the kernel is not waited for. */
const stoppedLooks = 200;

/** Ends processes that are known by their mark: each is proved to be the one that was found before a signal goes out. */
export async function endMarked(found: readonly MarkedProcess[], variable: string, clock: Clock, graceMs: number): Promise<void> {
  const signalAll = (signal: NodeJS.Signals): void => {
    for (const one of found) {
      if (!isStillMarked(one, variable)) continue;
      signalProcess(one.pid, signal);
      if (signal === 'SIGTERM') signalProcess(one.pid, 'SIGCONT');
    }
  };
  const gone = (): boolean => !found.some((one) => isStillMarked(one, variable));
  signalAll('SIGTERM');
  if (await waitUntil(gone, graceMs, clock)) return;
  signalAll('SIGKILL');
  await waitUntil(gone, killedWaitMs, clock);
}

/** False when there is surely no such process; with a negative number, no such group. True may mean zombies only, or somebody else's. */
export function mayLive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Does something at once while the processes of a group stand still; who left the group goes on. */
export function whileStopped(group: number, act: () => void): void {
  signalProcess(-group, 'SIGSTOP');
  try {
    const members = liveGroupMembers(group) ?? [];
    const stands = (pid: number): boolean => /[TtZX]/.test(readProcessStat(pid)?.state ?? 'X');
    for (let look = 0; look < stoppedLooks && !members.every(stands); look++);
    act();
  } finally {
    signalProcess(-group, 'SIGCONT');
  }
}

/** Ends a group that nobody has to wait for: asks it to, and makes it after two seconds. */
export function endGroup(group: number): void {
  if (!mayLive(-group)) return;
  signalProcess(-group, 'SIGTERM');
  setTimeout(() => signalProcess(-group, 'SIGKILL'), unwatchedGraceMs).unref();
}

/** Sends a signal; a receiver that is gone already is what we wanted. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone. EPERM: not ours any more, so not ours to end.
  }
}

/** Asks again and again, ever less often, for at most `ms`; false when it did not come true. */
export async function waitUntil(done: () => boolean, ms: number, clock: Clock): Promise<boolean> {
  let waited = 0;
  for (let pause = 2; ; pause = Math.min(pause * 2, 100)) {
    if (done()) return true;
    // Summed up instead of read from the clock: that one may jump.
    if (waited >= ms) return false;
    await new Promise<void>((resolve) => void clock.after(pause, resolve));
    waited += pause;
  }
}
