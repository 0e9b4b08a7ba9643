/** Finds processes by a mark in their environment, however far they went from who started them. Needs /proc; finds nothing without. */
import { readFile, readdir } from 'node:fs/promises';
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

/** The kernel's word on a process; undefined when there is none (any more). */
export async function readProcessStat(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
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

/** Pids of all processes; empty without /proc. */
export async function listProcesses(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
}

/** Pids of processes of a group that are not zombies. Undefined where the system does not tell. */
export async function liveGroupMembers(group: number): Promise<number[] | undefined> {
  const pids = await listProcesses();
  if (pids.length === 0) return undefined;
  const stats = await Promise.all(pids.map(async (pid) => ({ pid, stat: await readProcessStat(pid) })));
  return stats.filter(({ stat }) => stat?.group === group && stat.state !== 'Z' && stat.state !== 'X').map(({ pid }) => pid);
}

/** A scanner for the variable that holds the marks. One per program is enough: scans asked for at the same time are one. */
export function createMarkScanner(variable: string, clock: Clock): MarkScanner {
  const known = new Map<number, readonly string[]>();
  let emptiedAt = clock.now();
  let running: Promise<unknown> = Promise.resolve();
  let next: { thorough: boolean; answer: Promise<readonly MarkedProcess[]> } | undefined;

  const scan = async (thorough: boolean): Promise<readonly MarkedProcess[]> => {
    if (thorough || clock.now() - emptiedAt > memoryMs || clock.now() < emptiedAt) {
      known.clear();
      emptiedAt = clock.now();
    }
    const pids = await listProcesses();
    const listed = new Set(pids);
    for (const pid of known.keys()) if (!listed.has(pid)) known.delete(pid);
    const fresh = pids.filter((pid) => !known.has(pid) && pid !== process.pid);
    await Promise.all(fresh.map(async (pid) => {
      const marks = await readMarks(pid, variable);
      if (marks !== undefined) known.set(pid, marks);
    }));
    const marked = [...known].filter(([, marks]) => marks.length > 0);
    const found = await Promise.all(marked.map(async ([pid, marks]) => ({ pid, marks, stat: await readProcessStat(pid) })));
    return found.flatMap(({ pid, marks, stat }) =>
      stat === undefined || stat.state === 'Z' || stat.state === 'X' ? [] : [{ pid, startTicks: stat.startTicks, marks }],
    );
  };

  return {
    async find(wanted, thorough) {
      // A process born while a scan runs may be missed by it, so whoever asks now needs the next one.
      if (next === undefined) {
        const mine = { thorough, answer: running.then(() => {
          next = undefined;
          const answer = scan(mine.thorough);
          running = answer.catch(() => undefined);
          return answer;
        }) };
        next = mine;
      }
      next.thorough ||= thorough;
      const all = await next.answer.catch(() => []);
      return all.filter(({ marks }) => marks.some(wanted));
    },
  };
}

/** True while this very process, not another with its pid, lives and still bears one of the marks. */
export async function isStillMarked(found: MarkedProcess, variable: string): Promise<boolean> {
  const stat = await readProcessStat(found.pid);
  if (stat === undefined || stat.startTicks !== found.startTicks || stat.state === 'Z' || stat.state === 'X') return false;
  const marks = await readMarks(found.pid, variable);
  return marks !== undefined && marks.some((mark) => found.marks.includes(mark));
}

/** The words of the variable; [] when it has none or is not ours to read; undefined when it cannot be known yet. */
async function readMarks(pid: number, variable: string): Promise<readonly string[] | undefined> {
  let environment: Buffer;
  try {
    environment = await readFile(`/proc/${pid}/environ`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? [] : undefined;
  }
  if (environment.length === 0) return (await readProcessStat(pid))?.kernelThread === true ? [] : undefined;
  const key = `${variable}=`;
  const text = environment.toString('latin1');
  const at = text.startsWith(key) ? 0 : text.indexOf(`\0${key}`) + 1;
  if (at === 0 && !text.startsWith(key)) return [];
  const end = text.indexOf('\0', at);
  return text.slice(at + key.length, end < 0 ? undefined : end).split(' ').filter((mark) => mark !== '');
}
