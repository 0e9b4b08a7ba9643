/** Finds processes by a mark in their environment, however far they went from who started them. Needs /proc; finds nothing without. */
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import type { Clock } from './clock.js';

/** What the kernel says about a process. */
export interface ProcessStat {
  /** One letter: R running, S sleeping, D uninterruptible, Z zombie, T stopped, … */
  readonly state: string;
  readonly group: number;
  /** Ticks since boot at which it began: with the pid, its identity until the next boot. */
  readonly startTicks: string;
  readonly kernelThread: boolean;
}

/** A live process whose environment carries the mark. */
export interface MarkedProcess {
  readonly pid: number;
  readonly startTicks: string;
  /** The variable's words: nested runs add theirs to that of the run around them. */
  readonly marks: readonly string[];
}

/** Reads marks of processes; remembers which processes have none, so that asking again is cheap. */
export interface MarkScanner {
  /** Live processes with a mark that `wanted` accepts. `thorough`: nothing remembered is relied on. Never rejects. */
  find(wanted: (mark: string) => boolean, thorough: boolean): Promise<readonly MarkedProcess[]>;
}

/** A remembered answer is dropped after this time: a pid may belong to somebody else by then. */
const memoryMs = 60_000;
/** Fields of /proc/<pid>/stat, counted from the one after the name. */
const field = { state: 0, group: 2, flags: 6, startTicks: 19 } as const;
const kernelThreadFlag = 0x00200000;

/** The kernel's word on a process; undefined when there is none (any more). Reading /proc waits for nothing, so it is done at once. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const bytes = readProc(`${pid}/stat`);
  const text = bytes instanceof Buffer ? bytes.toString('latin1') : '';
  // The name stands in brackets and may hold anything, brackets and spaces included.
  const end = text.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = text.slice(end + 2).split(' ');
  return {
    state: fields[field.state] ?? '?',
    group: Number(fields[field.group]),
    startTicks: fields[field.startTicks] ?? '',
    kernelThread: (Number(fields[field.flags]) & kernelThreadFlag) !== 0,
  };
}

/** Pids of processes of a group that are not zombies. Undefined where the system does not tell. */
export function liveGroupMembers(group: number): number[] | undefined {
  const pids = listProcesses();
  return pids.length === 0 ? undefined : pids.filter((pid) => isLive(readProcessStat(pid), group));
}

/** A scanner for the variable that holds the marks. One per program is enough: scans asked for in one turn of the loop are one. */
export function createMarkScanner(variable: string, clock: Clock): MarkScanner {
  const known = new Map<number, readonly string[]>();
  let emptiedAt = clock.now();
  let next: Promise<readonly MarkedProcess[]> | undefined;
  let nextIsThorough = false;

  const scan = (thorough: boolean): readonly MarkedProcess[] => {
    const now = clock.now();
    if (thorough || now - emptiedAt > memoryMs || now < emptiedAt) {
      known.clear();
      emptiedAt = now;
    }
    const pids = listProcesses();
    const found: MarkedProcess[] = [];
    for (const pid of pids) {
      let marks = known.get(pid);
      if (marks === undefined && pid !== process.pid) {
        marks = readMarks(pid, variable);
        if (marks !== undefined) known.set(pid, marks);
      }
      if (marks === undefined || marks.length === 0) continue;
      const stat = readProcessStat(pid);
      if (stat !== undefined && isLive(stat)) found.push({ pid, startTicks: stat.startTicks, marks });
    }
    const listed = new Set(pids);
    for (const pid of known.keys()) if (!listed.has(pid)) known.delete(pid);
    return found;
  };

  // A process born while a scan runs may be missed by it, so whoever asks needs one that begins later.
  const scanSoon = async (): Promise<readonly MarkedProcess[]> => {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    const thorough = nextIsThorough;
    next = undefined;
    nextIsThorough = false;
    return scan(thorough);
  };

  return {
    async find(wanted, thorough) {
      nextIsThorough ||= thorough;
      next ??= scanSoon();
      return (await next).filter(({ marks }) => marks.some(wanted));
    },
  };
}

/** True while this very process, not another with its pid, lives and still bears one of the marks. */
export function isStillMarked(found: MarkedProcess, variable: string): boolean {
  const stat = readProcessStat(found.pid);
  if (!isLive(stat) || stat?.startTicks !== found.startTicks) return false;
  return readMarks(found.pid, variable)?.some((mark) => found.marks.includes(mark)) ?? false;
}

/** Neither gone nor a zombie, which is only a number that nobody asked for yet; and of the group, if one is given. */
function isLive(stat: ProcessStat | undefined, group?: number): boolean {
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X' && (group === undefined || stat.group === group);
}

/** Pids of all processes; empty without /proc. */
function listProcesses(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** The words of the variable; [] when it has none or is not ours to read; undefined when it cannot be known yet. */
function readMarks(pid: number, variable: string): readonly string[] | undefined {
  const environment = readProc(`${pid}/environ`);
  if (environment === 'refused') return [];
  // Kernel threads have none for ever; a zombie, or a process that is just being started, has none now.
  if (environment === undefined || environment.length === 0) return readProcessStat(pid)?.kernelThread === true ? [] : undefined;
  const key = `${variable}=`;
  let at = environment.indexOf(key, 0, 'latin1');
  while (at > 0 && environment[at - 1] !== 0) at = environment.indexOf(key, at + 1, 'latin1');
  if (at < 0) return [];
  const end = environment.indexOf(0, at);
  return environment.toString('latin1', at + key.length, end < 0 ? environment.length : end).split(' ').filter((mark) => mark !== '');
}

/** Most files of /proc fit in it. */
const buffer = Buffer.allocUnsafe(64 * 1024);

/** Undefined: there is no such process. What is longer than the buffer is read anew, whole. */
function readProc(path: string): Buffer | 'refused' | undefined {
  let fd: number;
  try {
    fd = openSync(`/proc/${path}`, 'r');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'refused' : undefined;
  }
  try {
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    return length < buffer.length ? buffer.subarray(0, length) : readFileSync(fd);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'refused' : undefined;
  } finally {
    closeSync(fd);
  }
}
