/** Git run out of small shells that stay: several times cheaper than a fork of ours for each of thousands of commands. */
import { ShellHelpers, isShellName, quoted } from '../base/shell-helper.js';
import { Gathered } from './gathered.js';
import { Stops } from './stops.js';
import type { StopReason, StopRequest } from './stops.js';
import { messageOf } from '../base/text.js';

/** What is to be run, and within what. */
export interface HelperRequest extends StopRequest {
  readonly cwd: string;
  /** The helper's own environment, the same for nearly all commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** On top of it, for this command. */
  readonly variables: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly outputLimit: number;
  readonly errorLimit: number;
}

/** How a command ended that a helper ran. `not-begun`: its folder, its program or its helper is not there. */
export type HelperEnd =
  | { readonly kind: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'not-begun' }
  | { readonly kind: StopReason; readonly stderr: string };

/** A command of ours that runs only a few gits is done before a helper has paid for itself. */
const directFirst = 6;
/** The exit code with which our script says that it could not even begin. */
const cannotBegin = 250;
/** A shell says by 128 + n that signal n ended a program; 128 and 129 are git's own. */
const firstSignalCode = 130;
const lastSignalCode = 192;
/** Longer commands are left to the system's own limits and words. */
const longestScript = 60_000;

let asked = 0;
const pools = new Map<string, ShellHelpers>();

/** Runs a command; undefined for what is not worth a helper, or cannot go through a shell as it is. */
export function runInHelper(argv: readonly string[], request: HelperRequest): Promise<HelperEnd> | undefined {
  asked += 1;
  if (asked <= directFirst) return undefined;
  const script = scriptOf(argv, request);
  return script === undefined ? undefined : run(script, request);
}

async function run(script: string, request: HelperRequest): Promise<HelperEnd> {
  const stdout = new Gathered(request.outputLimit);
  const stderr = new Gathered(request.errorLimit);
  const task = poolFor(request.environment).run(script, {
    stdout: (bytes) => void (stdout.add(bytes) || stops.stop('too-much-output')),
    stderr: (bytes) => void stderr.add(bytes),
  });
  const stops = new Stops(request, () => task.kill());
  try {
    const code = await task.ended;
    if (stops.reason !== undefined) return { kind: stops.reason, stderr: stderr.text() };
    if (code === cannotBegin) return { kind: 'not-begun' };
    if (code >= firstSignalCode && code <= lastSignalCode) return { kind: 'killed', stderr: `ended by signal ${code - 128}: ${stderr.text()}` };
    return { kind: 'ended', code, stdout: stdout.text(), stderr: stderr.text() };
  } catch (error) {
    // The system starts no shell for us: a start of our own says best why.
    if (stops.reason === undefined && (error as NodeJS.ErrnoException).syscall?.startsWith('spawn') === true) return { kind: 'not-begun' };
    return { kind: stops.reason ?? 'killed', stderr: `${messageOf(error)} ${stderr.text()}` };
  } finally {
    stops.release();
  }
}

function scriptOf(argv: readonly string[], { cwd, variables }: HelperRequest): string | undefined {
  const assigned = Object.entries(variables);
  if (assigned.some(([name]) => !isShellName(name)) || [cwd, ...argv, ...Object.values(variables)].some((word) => word.includes('\0'))) return undefined;
  const command = [...assigned.map(([name, value]) => `${name}=${quoted(value)}`), ...argv.map(quoted)].join(' ');
  const begin = `cd -- ${quoted(cwd)} 2>/dev/null && command -v ${quoted(argv[0] ?? '')} >/dev/null`;
  const script = `if ${begin}; then ${command} </dev/null; else (exit ${cannotBegin}); fi`;
  return script.length > longestScript ? undefined : script;
}

function poolFor(environment: Readonly<Record<string, string>>): ShellHelpers {
  const key = JSON.stringify(environment);
  let pool = pools.get(key);
  if (pool === undefined) pools.set(key, (pool = new ShellHelpers(environment)));
  return pool;
}
