/** An attempt that is one process: scratch folder, prompt file, environment, timeout, stuck detection, outcome. */
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { startProcess } from '../base/process.js';
import type { ProcessEnd, ProcessTools, RunningProcess } from '../base/process.js';
import { createMarkScanner } from '../base/process-scan.js';
import { StartHelpers } from '../base/started-child.js';
import type { AttemptOutcome } from '../model/event.js';
import { attemptEnvironment, createPortBases } from './environment.js';
import type { PortBases } from './environment.js';
import type { AttemptRequest, Progress, RunningAttempt } from './executor.js';
import { attemptMark, markVariable } from './mark.js';
import { lastLine, noteOf } from './note.js';
import { createMask } from './secrets.js';
import type { Mask } from './secrets.js';
import { messageOf } from '../base/text.js';

/** What executors share. One per program. */
export interface ExecutorTools extends ProcessTools {
  readonly clock: Clock;
  readonly ports: PortBases;
  /** Names or patterns of variables whose values are masked. */
  readonly secrets: readonly string[];
  /** The mask for attempts of this request's environment; remembered per environment object. */
  maskFor(request: AttemptRequest): Mask;
  /** Notes a clean-up that goes on after its attempt has ended. */
  cleanUp(work: Promise<void>): void;
  /** Resolves when nothing is left to be cleaned up; to be awaited before the program ends. */
  cleanedUp(): Promise<void>;
}

/** How one attempt's process is to be run, beyond what the request says. */
export interface AttemptProcess {
  readonly argv: readonly string[];
  /** Further files of the scratch folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Give the prompt on standard input. */
  readonly promptOnStdin: boolean;
  /** Replaces the environment made for the attempt. */
  readonly environment?: (environment: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  /** Takes stdout as it comes. */
  readonly onStdout?: (bytes: Buffer) => void;
  /** Judges a process that ended by itself; without it the exit code does. Never rejects for a fault of the process. */
  readonly conclude?: (end: EndedProcess, outcome: AttemptOutcome) => AttemptOutcome | Promise<AttemptOutcome>;
}

/** A process that did start. */
export type EndedProcess = Extract<ProcessEnd, { kind: 'ended' }>;

/** Milliseconds between SIGTERM and SIGKILL when nobody says otherwise. */
const defaultGraceMs = 5_000;
const promptName = 'prompt.md';

/** Makes the tools; `secrets` are names or patterns of variables. */
export function createExecutorTools(clock: Clock, secrets: readonly string[], graceMs = defaultGraceMs): ExecutorTools {
  const masks = new WeakMap<object, Mask>();
  const cleaning = new Set<Promise<void>>();
  return {
    clock,
    graceMs,
    secrets,
    scanner: createMarkScanner(markVariable, clock),
    helpers: new StartHelpers((name) => name.startsWith('PLAN_') || name === 'TMPDIR'),
    ports: createPortBases(),
    maskFor(request) {
      // Attempts share the caller's environment; only one with variables of its own needs a mask of its own.
      const own = Object.keys(request.execution.env).length > 0 ? request.execution : request.environment;
      let mask = masks.get(own);
      if (mask === undefined) {
        mask = createMask([request.environment, request.execution.env], secrets);
        masks.set(own, mask);
      }
      return mask;
    },
    cleanUp(work) {
      cleaning.add(work);
      void work.finally(() => cleaning.delete(work));
    },
    async cleanedUp() {
      while (cleaning.size > 0) await Promise.all(cleaning);
    },
  };
}

/** Runs the process of an attempt. Never throws; what cannot start ends as `failed`, `start`. */
export function runAttemptProcess(request: AttemptRequest, how: AttemptProcess, tools: ExecutorTools, report: (progress: Progress) => void): RunningAttempt {
  const mask = tools.maskFor(request);
  const promptFile = join(request.scratch, promptName);
  try {
    makeScratch(request.scratch);
    writeFileSync(promptFile, request.prompt, { mode: 0o600 });
    for (const [name, content] of Object.entries(how.files ?? {})) writeFileSync(join(request.scratch, name), content, { mode: 0o600 });
  } catch (error) {
    const message = messageOf(error);
    return { finished: Promise.resolve(startFailure(`its scratch folder cannot be made: ${message}`, mask)), cancel: () => undefined };
  }
  return new AttemptRun(request, how, tools, report, mask, promptFile);
}

class AttemptRun implements RunningAttempt {
  readonly finished: Promise<AttemptOutcome>;
  readonly #request: AttemptRequest;
  readonly #tools: ExecutorTools;
  readonly #report: (progress: Progress) => void;
  readonly #mask: Mask;
  readonly #process: RunningProcess;
  readonly #revokeTimeout: () => void;
  /** Why we ended it; undefined while it may still end by itself. */
  #because: { readonly result: 'failed' | 'cancelled'; readonly reason: NonNullable<AttemptOutcome['reason']> } | undefined;
  #bytes = 0;
  #grewAt: number;

  constructor(request: AttemptRequest, how: AttemptProcess, tools: ExecutorTools, report: (progress: Progress) => void, mask: Mask, promptFile: string) {
    this.#request = request;
    this.#tools = tools;
    this.#report = report;
    this.#mask = mask;
    this.#grewAt = tools.clock.now();
    const own = attemptEnvironment(request, promptFile, tools.ports);
    this.#process = startProcess(
      {
        argv: [...(request.execution.sandbox ?? []), ...how.argv],
        cwd: request.worktree,
        environment: how.environment?.(own) ?? own,
        output: { file: request.outputFile, limit: request.outputLimit },
        mark: { variable: markVariable, word: attemptMark(request.run, request.outputFile, request.node, request.attempt) },
        onTick: (bytes) => this.#tick(bytes),
        ...(how.promptOnStdin ? { stdinFile: promptFile } : {}),
        ...(how.onStdout === undefined ? {} : { onStdout: how.onStdout }),
      },
      tools,
    );
    const seconds = request.execution.timeoutSeconds;
    this.#revokeTimeout = seconds === undefined ? () => undefined : tools.clock.after(seconds * 1000, () => this.#end('failed', 'timeout'));
    this.finished = this.#finish(how);
  }

  cancel(reason: NonNullable<AttemptOutcome['reason']>): void {
    this.#end('cancelled', reason);
  }

  #end(result: 'failed' | 'cancelled', reason: NonNullable<AttemptOutcome['reason']>): void {
    this.#because ??= { result, reason };
    this.#process.end();
  }

  #tick(bytes: number): void {
    const now = this.#tools.clock.now();
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#grewAt = now;
      const doing = lastLine(this.#process.tail(1024), this.#mask);
      this.#report({ outputBytes: bytes, ...(doing === undefined ? {} : { doing }) });
    } else if (now < this.#grewAt) {
      // The clock was set back.
      this.#grewAt = now;
    } else if (now - this.#grewAt >= this.#request.execution.stuckSeconds * 1000) {
      this.#end('failed', 'stuck');
    }
  }

  async #finish(how: AttemptProcess): Promise<AttemptOutcome> {
    const end = await this.#process.ended;
    this.#revokeTimeout();
    const outcome = await this.#judge(end, how);
    // Nobody waits for it: removing a folder costs more than a small task.
    this.#tools.cleanUp(removeScratch(this.#request.scratch, [promptName, ...Object.keys(how.files ?? {})]));
    return outcome;
  }

  async #judge(end: ProcessEnd, how: AttemptProcess): Promise<AttemptOutcome> {
    if (end.kind === 'not-started') {
      return this.#because?.result === 'cancelled' ? { ...this.#because } : startFailure(end.message, this.#mask);
    }
    const outcome = { ...outcomeOf(end, lastLine(end.tail, this.#mask)), ...this.#because };
    if (end.flooded && this.#because === undefined) {
      return { ...outcome, result: 'failed', reason: 'bad-output', note: `ended because it had written ${end.outputBytes} bytes of output` };
    }
    if (this.#because !== undefined || how.conclude === undefined) return outcome;
    try {
      return await how.conclude(end, outcome);
    } catch (error) {
      return { ...outcome, result: 'failed', reason: 'executor', note: noteOf(String(error), this.#mask) };
    }
  }
}

/** Two levels: a run's folder of scratch folders, and the attempt's. Temporary folders are shared, so nobody else's is taken. */
function makeScratch(folder: string): void {
  const own = process.getuid?.();
  for (const level of [dirname(folder), folder]) {
    const found = lstatSync(level, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(level, { mode: 0o700 });
    else if (!found.isDirectory() || (found.uid !== own && (level === folder || found.uid !== 0))) throw new Error(`${level} is there and is not ours`);
  }
}

/** Most attempts leave nothing but what we put there: a few calls then, instead of a walk. */
async function removeScratch(folder: string, names: readonly string[]): Promise<void> {
  try {
    for (const name of names) await unlink(join(folder, name));
    await rmdir(folder);
  } catch {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function outcomeOf(end: EndedProcess, note: string | undefined): AttemptOutcome {
  return {
    result: end.exitCode === 0 ? 'passed' : 'failed',
    ...(end.exitCode === 0 ? {} : { reason: end.signal === undefined ? 'exit' : 'signal' }),
    ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
    ...(end.signal === undefined ? {} : { signal: end.signal }),
    ...(note === undefined ? {} : { note }),
  };
}

function startFailure(message: string, mask: Mask): AttemptOutcome {
  return { result: 'failed', reason: 'start', note: noteOf(message, mask) };
}
