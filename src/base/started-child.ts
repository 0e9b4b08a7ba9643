/** A program started in a session of its own: by a fork of ours, or by a small shell that stays (see shell-helper.ts). */
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants as access, openSync, existsSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { ShellHelpers, isShellName, quoted } from './shell-helper.js';
import { messageOf } from './text.js';

/** What is to be started. */
export interface ProgramRequest {
  /** Program and arguments; no shell reads them. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is added or inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** File that standard input reads from; /dev/null when absent. */
  readonly stdinFile?: string;
}

interface StartRequest extends ProgramRequest {
  /** Gets stdout and stderr, appended. */
  readonly output: { readonly file: string; readonly fd: number };
  /** Stdout comes through a pipe instead. */
  readonly pipeStdout: boolean;
}

/** How the leader ended; `error`: it did not start. */
export interface LeaderExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly error?: Error;
}

export interface StartedChild {
  /** Leader of its session and group. Undefined while it is being started, and when it does not start. */
  pid(): number | undefined;
  readonly exit: Promise<LeaderExit>;
  /** Resolves when `pid` is known, or never will be. */
  readonly begun: Promise<void>;
  readonly stdout: Readable | null;
  /** Gives up waiting for a helper that does not answer, being stopped; `exit` comes then. Nothing for a fork of ours. */
  abandon(): void;
}

const setsid = ['/usr/bin/setsid', '/bin/setsid'].find((path) => existsSync(path));
const cannotBegin = 250;
/** One argument or variable may have 128 KiB; who needs about that much is started directly, for the system's own words. */
const longestWord = 100_000;
/** Variables that shells set by themselves, and the one that we set for `setsid`: in another locale it opens thirty files to say nothing. */
const changed = ['PWD', 'OLDPWD', 'SHLVL', 'LC_ALL'];
const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** Helpers for programs whose environments are nearly the same: they are made from the first one, without what only it has. */
export class StartHelpers {
  readonly #own: (name: string) => boolean;
  #helpers: ShellHelpers | undefined;

  /** `own`: true for variables that belong to one program alone. */
  constructor(own: (name: string) => boolean) {
    this.#own = own;
  }

  for(environment: Readonly<Record<string, string>>): ShellHelpers {
    this.#helpers ??= new ShellHelpers(Object.fromEntries(Object.entries(environment).filter(([name]) => !this.#own(name))));
    return this.#helpers;
  }
}

/** Starts a program: out of a helper where that is possible. Throws what the system says at once; later words come in `exit`. */
export function startChild(request: StartRequest, helpers: StartHelpers | undefined): StartedChild {
  return (helpers === undefined ? undefined : startInHelper(request, helpers)) ?? startDirectly(request);
}

function startDirectly(request: StartRequest): StartedChild {
  const [program = '', ...args] = request.argv;
  const stdin = request.stdinFile === undefined ? 'ignore' : openInput(request.stdinFile);
  try {
    const child = spawn(program, args, {
      cwd: request.cwd,
      env: request.environment,
      detached: true,
      stdio: [stdin, request.pipeStdout ? 'pipe' : request.output.fd, request.output.fd],
    });
    const exit = new Promise<LeaderExit>((resolve) => {
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    return { pid: () => child.pid, exit, begun: Promise.resolve(), stdout: child.stdout, abandon: () => undefined };
  } finally {
    if (stdin !== 'ignore') closeSync(stdin);
  }
}

/** Undefined where a shell cannot start it as it is. */
function startInHelper(request: StartRequest, starts: StartHelpers): StartedChild | undefined {
  if (setsid === undefined || request.pipeStdout || !request.argv[0]?.startsWith('/')) return undefined;
  const names = Object.keys(request.environment);
  const words = [...request.argv, ...Object.values(request.environment), request.cwd];
  if (!isExecutable(request.argv[0])) return undefined;
  if (!names.every(isShellName) || words.some((word) => word.length > longestWord || word.includes('\0'))) return undefined;
  const helpers = starts.for(request.environment);
  let pid: number | undefined;
  let said = '';
  let fallback: StartedChild | undefined;
  let complaint = '';
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const task = helpers.run(scriptOf(request, helpers.environment, setsid), {
    stdout: (bytes) => {
      said += bytes.toString('latin1');
      const found = /^pid (\d+);/.exec(said);
      if (found === null || pid !== undefined) return;
      pid = Number(found[1]);
      begin();
    },
    stderr: (bytes) => {
      complaint += bytes.toString('latin1');
    },
  });
  const exit = task.ended.then(
    (code): LeaderExit | Promise<LeaderExit> => {
      if (pid !== undefined) return exitOf(code, complaint);
      // It never became the program: a start of our own says best why, or succeeds.
      fallback = startDirectly(request);
      return fallback.exit;
    },
    (error: unknown): LeaderExit => (pid === undefined ? { code: null, signal: null, error: error as Error } : { code: null, signal: 'SIGKILL' }),
  ).catch((error: unknown): LeaderExit => ({ code: null, signal: null, error: error as Error })).finally(begin);
  return { pid: () => fallback?.pid() ?? pid, exit, begun, stdout: null, abandon: () => task.kill() };
}

/** A shell gives 128 + n for a signal and for a program that says so itself; only of the first does it say a word. */
function exitOf(code: number, words: string): LeaderExit {
  const signal = words.trim() === '' ? undefined : signalNames.get(code - 128);
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}

function scriptOf(request: StartRequest, base: Readonly<Record<string, string>>, setsidPath: string): string {
  const exported = Object.entries(request.environment).filter(([name, value]) => base[name] !== value);
  const extra = Object.keys(base).filter((name) => isShellName(name) && !(name in request.environment));
  // Tells its pid, then becomes the program: fd 3 is the helper's standard output. Where nobody listens any more, there is no program.
  const own = changed.map((name) => (name in request.environment ? `export ${name}=${quoted(request.environment[name] ?? '')}` : `unset ${name}`));
  const announce = `echo "pid $$;" >&3 || exit ${cannotBegin}; ${own.join('; ')}; exec "$@" 3>&-`;
  const lines = [
    `exec 3>&1 <${quoted(request.stdinFile ?? '/dev/null')} >>${quoted(request.output.file)} 2>&1`,
    ...exported.map(([name, value]) => `export ${name}=${quoted(value)}`),
    ...extra.map((name) => `unset ${name}`),
    `export LC_ALL=C; exec ${quoted(setsidPath)} /bin/sh -c ${quoted(announce)} sh ${request.argv.map(quoted).join(' ')}`,
  ];
  return `(cd -- ${quoted(request.cwd)} 2>/dev/null || exit ${cannotBegin}\n${lines.join('\n')}\n)`;
}

/** A program that is not there or may not be run is started directly, for the system's own words. */
function isExecutable(program: string): boolean {
  try {
    accessSync(program, access.X_OK);
    return true;
  } catch {
    return false;
  }
}

function openInput(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new Error(`its input cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
