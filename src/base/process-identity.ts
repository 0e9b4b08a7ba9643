/** Who a process is, beyond a number that is used again: so that a lock's dead owner is told from a stranger with its pid. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { assert } from './assert.js';
import { mayLive } from './process-group.js';

/** Plain data, to be written into lock files and journals. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in the system's own unit: together with pid and boot it never repeats. '' where it cannot be known. */
  readonly startTime: string;
  /** Changes with every start of the machine. '' where it cannot be known. */
  readonly bootId: string;
  /** Machine and pid namespace: pids of another one mean nothing here. */
  readonly host: string;
}

/** `unknown`: it is of another machine or container, about whose processes nothing can be said from here. */
export type Liveness = 'alive' | 'dead' | 'unknown';

let own: ProcessIdentity | undefined;

/** This process. */
export function ownIdentity(): ProcessIdentity {
  own ??= identityOf(process.pid);
  assert(own !== undefined, 'a process can see itself');
  return own;
}

/** A living process of this machine; undefined when there is none with that pid. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId(), host: host() };
}

/** Whether the very process that was noted still lives. A zombie is dead: it can hold nothing any more. */
export function livenessOf(identity: ProcessIdentity): Liveness {
  const [machine, namespace] = splitHost(identity.host);
  const [ownMachine, ownNamespace] = splitHost(host());
  if (differ(identity.bootId, bootId())) return machine === ownMachine ? 'dead' : 'unknown';
  // A laptop's name changes with its network; the same boot is the same machine.
  const sameMachine = machine === ownMachine || (identity.bootId !== '' && identity.bootId === bootId());
  if (!sameMachine || namespace !== ownNamespace) return 'unknown';
  const startTime = startTimeOf(identity.pid);
  if (startTime === undefined) return 'dead';
  return differ(identity.startTime, startTime) ? 'dead' : 'alive';
}

/** Reads an identity from data of unknown origin; undefined when it is none. */
export function parseIdentity(data: unknown): ProcessIdentity | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { pid, startTime, bootId: boot, host: where } = data as Record<string, unknown>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof startTime !== 'string' || typeof boot !== 'string' || typeof where !== 'string') return undefined;
  return { pid, startTime, bootId: boot, host: where };
}

function splitHost(name: string): readonly [machine: string, namespace: string] {
  const slash = name.lastIndexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}

function differ(one: string, other: string): boolean {
  return one !== '' && other !== '' && one !== other;
}

/** Clock ticks from boot to start on Linux, a date elsewhere; '' alive but not known; undefined when there is no such process. */
function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch (error) {
      if (isMissing(error)) return undefined;
    }
  } else if (process.platform !== 'win32') {
    const printed = ask('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).trim();
    if (printed !== '') return printed.startsWith('Z') ? undefined : printed.replace(/^\S+\s+/, '');
  }
  return mayLive(pid) ? '' : undefined;
}

/** Field 22 of `/proc/<pid>/stat`; the second field may hold spaces and parentheses. Undefined for a zombie. */
export function parseStat(text: string): string | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  return 'ZXx'.includes(state) ? undefined : (fields[19] ?? '');
}

let boot: string | undefined;

function bootId(): string {
  boot ??=
    process.platform === 'linux' ? read('/proc/sys/kernel/random/boot_id').trim() : ask('sysctl', ['-n', 'kern.bootsessionuuid']).trim();
  return boot;
}

let thisHost: string | undefined;

function host(): string {
  thisHost ??= `${hostname()}/${pidNamespace()}`;
  return thisHost;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The output of a small system command; '' where there is none. */
function ask(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' },
    });
  } catch {
    return '';
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ESRCH';
}
