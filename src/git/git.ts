/**
 * The door to git: every deed goes through here. A git of ours is in its own process group, so that a Ctrl-C in the terminal
 * does not reach it; it never prompts, never opens an editor, never starts maintenance, and is bounded in output and time.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { endGroup } from '../base/process-group.js';
import { hookEnvironment, quietEnvironment } from './environment.js';
import { ownerMark, ownerVariable } from './former-git.js';
import { GitError, isTransient, kindOf } from './git-error.js';
import type { GitErrorKind } from './git-error.js';
import { Gathered } from './gathered.js';
import { runInHelper } from './git-helper.js';
import { Stops } from './stops.js';

/** Where git runs and with which environment; a `Repository` is one too. */
export interface GitPlace {
  /** Absolute folder that git runs in. */
  readonly cwd: string;
  /** The caller's environment, cleaned by `withoutLocalVariables`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Named outright instead of being looked for from `cwd` upwards, where it could be another repository's. */
  readonly gitDir?: string;
}

export interface GitOptions extends GitPlace {
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array;
  /** Ends it, and all that it started. */
  readonly signal?: AbortSignal;
  /** Variables on top of the place's: an index file, an author. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Bytes of standard output that are taken at most; 64 MiB when absent. */
  readonly outputLimit?: number;
  /** Milliseconds; none when absent, since local git ends by itself. */
  readonly timeout?: number;
  /** It runs a person's hooks: in the caller's language, without the orchestrator's own variables. */
  readonly hooks?: boolean;
  /** How often a failure that goes away by itself is tried again: 0 when absent. */
  readonly retries?: number;
}

/** How a git command ended. Only `git` that could not run at all, or was stopped by a limit of ours, throws instead. */
export interface GitResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options that every git of ours gets before its command. */
export const alwaysOptions: readonly string[] = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];

/** git is there, but the system starts no more programs, or opens no more pipes to them. */
const exhausted = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'];
const defaultOutputLimit = 64 * 1024 * 1024;
const errorOutputLimit = 256 * 1024;
/** A hook's background child may keep our pipes open long after git has ended. */
const pipeGrace = 500;

/** Runs git to its end and gives its exit code and words; throws a `GitError` where it could not run or passed a limit. */
export async function tryGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  for (let attempt = 0; ; attempt += 1) {
    const result = await (throughHelper(args, options) ?? runOnce(args, options));
    if (result.code === 0 || attempt >= (options.retries ?? 0) || !isTransient(kindOf(result.stderr))) return result;
    await pause(Math.min(400, 15 * 2 ** attempt));
  }
}

/** Runs git, gives its standard output, and throws a `GitError` when it fails. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const result = await tryGit(args, options);
  if (result.code !== 0) throw new GitError(args, kindOf(result.stderr), result.code, result.stderr);
  return result.stdout;
}

/** A git that stays, with its pipes. */
export type GitProcess = ChildProcess;

/** Starts a git that stays and is spoken to through its pipes. It does not keep the process alive, and ends when its input does. */
export function spawnGit(args: readonly string[], place: GitPlace): GitProcess {
  return spawn('git', [...alwaysOptions, ...args], {
    cwd: place.cwd,
    env: environmentOf(place),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

function runOnce(args: readonly string[], options: GitOptions): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const fail = (kind: GitErrorKind, words: string): void => reject(new GitError(args, kind, 128, words));
    if (options.signal?.aborted === true) {
      fail('killed', 'stopped before it began');
      return;
    }
    const child = spawn('git', [...alwaysOptions, ...args], {
      cwd: options.cwd,
      env: { ...environmentOf(options), ...options.variables },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    // Filters, hooks and helpers of it are in its group.
    const stops = new Stops(options, () => {
      if (child.pid !== undefined) endGroup(child.pid);
    });
    const stdout = new Gathered(options.outputLimit ?? defaultOutputLimit);
    const stderr = new Gathered(errorOutputLimit);
    child.stdout?.on('data', (bytes: Buffer) => void (stdout.add(bytes) || stops.stop('too-much-output')));
    child.stderr?.on('data', (bytes: Buffer) => void stderr.add(bytes));
    // It may end without reading its input; how it ended says all that there is to say.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);

    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      stops.release();
      act();
    };
    child.once('error', (error: NodeJS.ErrnoException) => settle(() => fail(exhausted.includes(error.code ?? '') ? 'no-room' : 'no-git', error.message)));
    child.once('exit', () => {
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, pipeGrace).unref();
    });
    child.once('close', (code, signal) =>
      settle(() => {
        if (stops.reason !== undefined) fail(stops.reason, stderr.text());
        else if (signal !== null) fail('killed', `ended by ${signal}: ${stderr.text()}`);
        else resolve({ code: code ?? 128, stdout: stdout.text(), stderr: stderr.text() });
      }),
    );
  });
}

/** Undefined where a helper does not do: with an input, or with hooks, whose children may hold the output open for ever. */
function throughHelper(args: readonly string[], options: GitOptions): Promise<GitResult> | undefined {
  if (options.input !== undefined || options.hooks === true || options.signal?.aborted === true) return undefined;
  const running = runInHelper(['git', ...alwaysOptions, ...args], {
    cwd: options.cwd,
    environment: environmentOf({ cwd: options.cwd, environment: options.environment }),
    variables: { ...(options.gitDir === undefined ? {} : { GIT_DIR: options.gitDir }), ...options.variables },
    outputLimit: options.outputLimit ?? defaultOutputLimit,
    errorLimit: errorOutputLimit,
    signal: options.signal,
    timeout: options.timeout,
  });
  return running?.then((end) => {
    if (end.kind === 'ended') return end;
    // What stands in the way is named best by a start of our own.
    if (end.kind === 'not-begun') return runOnce(args, options);
    throw new GitError(args, end.kind, 128, end.stderr);
  });
}

function environmentOf(place: GitPlace & { readonly hooks?: boolean }): Record<string, string> {
  const own: Record<string, string> =
    place.hooks === true ? hookEnvironment(place.environment) : { ...place.environment, ...quietEnvironment };
  own[ownerVariable] = ownerMark();
  if (place.gitDir !== undefined) own['GIT_DIR'] = place.gitDir;
  return own;
}
