/**
 * Gits that outlive the process that started them: they are in groups of their own and finish what they began. Whoever takes over
 * from a dead process waits for them first; without /proc there are none to be seen, and git's own locks are all there is.
 */
import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { signalProcess } from '../base/process-group.js';
import { ownIdentity } from '../base/process-identity.js';
import type { ProcessIdentity } from '../base/process-identity.js';
import { helperName } from '../base/shell-helper.js';

/** The variable by which a git of ours says who started it. */
export const ownerVariable = 'GIT_STARTED_BY';

let own: string | undefined;

/** What this process writes into `ownerVariable`. */
export function ownerMark(): string {
  own ??= markOf(ownIdentity());
  return own;
}

/**
 * Waits until no git that the dead process started is left. Those that are stopped are woken; what is not done after `patience`
 * milliseconds is ended, since going on later it would undo what came after it. False: even that did not help.
 */
export async function awaitGitsOf(dead: ProcessIdentity, patience = 60_000): Promise<boolean> {
  const entry = `${ownerVariable}=${markOf(dead)}`;
  const started = performance.now();
  for (let wait = 5; ; wait = Math.min(200, wait * 2)) {
    const left = await gitProcesses(true);
    const owned = await Promise.all(left.map(async (pid) => (await environmentOf(pid)).includes(entry)));
    const living = left.filter((_pid, index) => owned[index] === true);
    if (living.length === 0) return true;
    const late = performance.now() - started - patience;
    if (late > endingMs) return false;
    for (const pid of living) {
      if (late > 0) signalProcess(pid, late > endingMs / 2 ? 'SIGKILL' : 'SIGTERM');
      signalProcess(pid, 'SIGCONT');
    }
    await pause(wait);
  }
}

/** Half of it for a git to take its locks away, half of it for the kernel. */
const endingMs = 4000;

/** True when some living git works below one of the folders or holds a file there open: then no lock there is abandoned. */
export async function gitWorksIn(folders: readonly string[]): Promise<boolean> {
  for (const pid of await gitProcesses(false)) {
    const [cwd, environment] = await Promise.all([readlink(`/proc/${pid}/cwd`).catch(() => ''), environmentOf(pid)]);
    const gitDir = environment.find((entry) => entry.startsWith('GIT_DIR='))?.slice('GIT_DIR='.length) ?? '';
    if (isSession(await commandLineOf(pid))) continue;
    if (folders.some((folder) => isWithin(cwd, folder) || isWithin(gitDir, folder))) return true;
  }
  return false;
}

/** True where processes can be looked at; elsewhere nothing can be proved about them. */
export async function canSeeProcesses(): Promise<boolean> {
  return readdir('/proc/self').then(
    () => true,
    () => false,
  );
}

function markOf(identity: ProcessIdentity): string {
  return `${identity.pid}:${identity.startTime}:${identity.bootId}`;
}

/** Pids of processes whose program is git or a helper of git; on demand also of the shells that start gits for us. */
async function gitProcesses(withShells: boolean): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // git's watcher of files stays for ever, bearing the mark of whoever happened to start it.
      if ((await readFile(`/proc/${pid}/comm`, 'latin1').catch(() => '')).startsWith('git')) return !(await commandLineOf(pid)).includes('\0fsmonitor--daemon\0');
      return withShells && (await commandLineOf(pid)).includes(`\0${helperName}\0`);
    }),
  );
  return pids.filter((_pid, index) => found[index] === true);
}

/** Readers that stay take no locks. */
function isSession(commandLine: string): boolean {
  return /\0(cat-file|diff-tree)\0/.test(commandLine);
}

async function commandLineOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
}

async function environmentOf(pid: number): Promise<string[]> {
  return (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).split('\0');
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
