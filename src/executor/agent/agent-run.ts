/** One run of an agent's program: started, listened to, and ended when it does not leave, costs too much or is not wanted any more. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../base/assert.js';
import type { AttemptOutcome, AttemptReason } from '../../model/event.js';
import type { ExecutorTools } from '../attempt-process.js';
import { runAttemptProcess } from '../attempt-process.js';
import type { AttemptRequest, Progress, RunningAttempt } from '../executor.js';
import { noteOf } from '../note.js';
import type { AgentAdapter, AgentOptions, ReadContext } from './adapter.js';
import { allowedEnvironment, withoutTraces } from './agent-environment.js';
import type { LineReader } from './line-reader.js';
import { lineReader } from './line-reader.js';
import { recordedSession } from './session-name.js';
import type { AgentReading } from './signal.js';
import { addSignal, emptyReading } from './signal.js';
import type { Verdict } from './verdict.js';
import { judge } from './verdict.js';

/** What an agent's run needs from outside. */
export interface AgentTools extends ExecutorTools {
  /** The zone in which agents tell the time: the machine's. */
  readonly timeZone: string;
  /** How long an agent may stay after its last word; 30 seconds unless said otherwise. */
  readonly lingerMs?: number;
}

/** What is run. */
export interface AgentRunRequest {
  readonly adapter: AgentAdapter;
  readonly options: AgentOptions;
  /** Its `prompt` is what the agent is told. */
  readonly attempt: AttemptRequest;
  readonly model?: string;
  readonly maxTurns?: number;
  readonly budget?: number;
  readonly newSession: string;
  readonly resume?: string;
  readonly readOnly: boolean;
  readonly isFallback: boolean;
}

/** A run's verdict together with the agent's last text. */
export interface AgentRunEnd extends Verdict {
  readonly answer: string;
  /** The program could not be started at all. */
  readonly notStarted: boolean;
}

const defaultLingerMs = 30_000;
const reportPauseMs = 100;
/** How much of the end of the output is looked at for standard error. */
const tailBytes = 64 * 1024;

/** Why we ended it ourselves; `hung`: it had said its last word. */
type Stop = 'hung' | { readonly reason: AttemptReason; readonly note: string };

/** A run under way. */
export class AgentRun {
  readonly ended: Promise<AgentRunEnd>;
  readonly #request: AgentRunRequest;
  readonly #tools: AgentTools;
  readonly #report: (progress: Progress) => void;
  readonly #process: RunningAttempt;
  readonly #lines: LineReader;
  #reading: AgentReading = emptyReading;
  #recent: string[] = [];
  #recentLength = 0;
  #stop: Stop | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #unreported = false;
  #revokeLinger: (() => void) | undefined;

  constructor(request: AgentRunRequest, tools: AgentTools, report: (progress: Progress) => void) {
    this.#request = request;
    this.#tools = tools;
    this.#report = report;
    this.#lines = lineReader((line) => this.#take(line));
    const { adapter, options, attempt } = request;
    const launch = adapter.launch(launchRequest(request));
    assert(launch.stdin === undefined || launch.stdin === attempt.prompt, 'an agent is told its prompt and nothing else');
    const allowed = [...adapter.environment, ...(options.environment ?? [])];
    this.#process = runAttemptProcess(
      { ...attempt, environment: allowedEnvironment(attempt.environment, allowed) },
      { argv: launch.command, promptOnStdin: launch.stdin !== undefined, environment: withoutTraces, onStdout: (bytes) => this.#takeBytes(bytes) },
      { ...tools, maskFor: () => tools.maskFor(attempt) },
      (progress) => this.#tick(progress),
    );
    this.ended = this.#finish();
  }

  /** Ends the whole process group; the outcome is `cancelled`. */
  cancel(reason: AttemptReason): void {
    this.#process.cancel(reason);
  }

  async #finish(): Promise<AgentRunEnd> {
    const raw = await this.#process.finished;
    this.#revokeLinger?.();
    this.#lines.end();
    this.#reportedAt = Number.NEGATIVE_INFINITY;
    this.#reportChange();
    if (raw.reason === 'start') return { outcome: raw, answer: '', notStarted: true };
    const { adapter, options, attempt, isFallback } = this.#request;
    const exit = { ...(raw.exitCode === undefined ? {} : { code: raw.exitCode }), ...(raw.signal === undefined ? {} : { signal: raw.signal }), stderr: this.#standardError() };
    const saidAll = this.#reading.ended !== undefined && (raw.reason === 'timeout' || raw.reason === 'stuck');
    const hung = this.#stop === 'hung' || saidAll;
    const verdict = judge(adapter, this.#reading, { exit, hung, skippedLines: this.#lines.skipped() }, this.#context(), options);
    const judged = verdict.outcome;
    const chosen = hung ? judged : this.#stopped(raw, judged);
    const outcome: AttemptOutcome = {
      ...chosen,
      ...(chosen.note === undefined ? {} : { note: noteOf(chosen.note, this.#tools.maskFor(attempt)) }),
      ...(chosen.session === undefined ? {} : { session: recordedSession(adapter.name, chosen.session, isFallback) }),
    };
    const trouble = chosen === judged ? verdict.trouble : undefined;
    return { outcome, ...(trouble === undefined ? {} : { trouble }), answer: this.#reading.answer, notStarted: false };
  }

  /** Where it was stopped that is the outcome, but what it used and said stays true. */
  #stopped(raw: AttemptOutcome, judged: AttemptOutcome): AttemptOutcome {
    const said = { ...(judged.usage === undefined ? {} : { usage: judged.usage }), ...(judged.session === undefined ? {} : { session: judged.session }) };
    if (this.#stop !== undefined && this.#stop !== 'hung') return { ...raw, result: 'failed', ...this.#stop, ...said };
    const endedByUs = raw.result === 'cancelled' || ['timeout', 'stuck', 'bad-output'].includes(raw.reason ?? '');
    return endedByUs ? { ...withoutNote(raw), ...said, ...stopNote(raw, this.#request.attempt) } : judged;
  }

  #takeBytes(bytes: Buffer): void {
    this.#lines.push(bytes);
    this.#reportChange();
    this.#linger();
    const { budget, maxTurns } = this.#request;
    const { cost, turns } = this.#reading.usage;
    if (this.#reading.ended !== undefined || this.#stop !== undefined) return;
    if (budget !== undefined && cost !== undefined && cost >= budget) this.#end({ reason: 'budget', note: `it cost ${cost.toFixed(2)} of ${budget}` });
    else if (maxTurns !== undefined && turns !== undefined && turns > maxTurns) this.#end({ reason: 'budget', note: `it took more than ${maxTurns} turns` });
  }

  #take(line: string): void {
    this.#remember(line);
    for (const signal of this.#request.adapter.read(line, this.#context())) {
      this.#reading = addSignal(this.#reading, signal);
      this.#unreported = true;
    }
  }

  /** The newest lines of standard output, by which standard error is told apart in the common output file. */
  #remember(line: string): void {
    this.#recent.push(line);
    this.#recentLength += line.length + 1;
    while (this.#recentLength > tailBytes * 2 && this.#recent.length > 1) this.#recentLength -= (this.#recent.shift()?.length ?? 0) + 1;
  }

  /** Agents hang after their last word: they get a while, then they are ended. */
  #linger(): void {
    if (this.#reading.ended === undefined) {
      this.#revokeLinger?.();
      this.#revokeLinger = undefined;
    } else {
      this.#revokeLinger ??= this.#tools.clock.after(this.#lingerMs(), () => this.#end('hung'));
    }
  }

  #lingerMs(): number {
    const { lingerSeconds } = this.#request.options;
    return lingerSeconds === undefined ? (this.#tools.lingerMs ?? defaultLingerMs) : lingerSeconds * 1000;
  }

  #end(stop: Stop): void {
    this.#stop ??= stop;
    this.#process.cancel('executor');
  }

  #tick(progress: Progress): void {
    if (progress.outputBytes !== undefined) this.#report({ outputBytes: progress.outputBytes });
    this.#reportChange();
  }

  #reportChange(): void {
    const now = this.#tools.clock.now();
    if (!this.#unreported || now - this.#reportedAt < reportPauseMs) return;
    this.#reportedAt = now;
    this.#unreported = false;
    const { adapter, attempt, isFallback } = this.#request;
    const { doing, usage, session } = this.#reading;
    this.#report({
      ...(doing === undefined ? {} : { doing: noteOf(doing, this.#tools.maskFor(attempt)) }),
      ...(Object.keys(usage).length === 0 ? {} : { usage }),
      ...(session === undefined ? {} : { session: recordedSession(adapter.name, session, isFallback) }),
    });
  }

  #context(): ReadContext {
    return { now: this.#tools.clock.now(), timeZone: this.#tools.timeZone };
  }

  #standardError(): string {
    const said = new Set(this.#recent);
    return tailOf(this.#request.attempt.outputFile)
      .split('\n')
      .filter((line) => line.trim() !== '' && !said.has(line.replace(/\r$/, '')) && !/^\s*\{|^\[plan: \d+ bytes /.test(line))
      .join('\n');
  }
}

function launchRequest({ attempt, adapter: _adapter, isFallback: _isFallback, ...rest }: AgentRunRequest): Parameters<AgentAdapter['launch']>[0] {
  return { ...rest, worktree: attempt.worktree, scratch: attempt.scratch, prompt: attempt.prompt, promptFile: join(attempt.scratch, 'prompt.md') };
}

/** The last output line of an agent is JSON: nothing for people. */
function withoutNote(outcome: AttemptOutcome): AttemptOutcome {
  const { note: _note, ...rest } = outcome;
  return rest;
}

function stopNote(raw: AttemptOutcome, { execution }: AttemptRequest): { readonly note?: string } {
  if (raw.reason === 'timeout') return { note: `it ran longer than ${execution.timeoutSeconds} s` };
  if (raw.reason === 'stuck') return { note: `it wrote nothing for ${execution.stuckSeconds} s` };
  return raw.reason === 'bad-output' && raw.note !== undefined ? { note: raw.note } : {};
}

/** The whole lines at the end of a file; '' when it cannot be read. */
function tailOf(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const { size } = fstatSync(fd);
      const bytes = Buffer.alloc(Math.min(size, tailBytes));
      const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
      const text = bytes.subarray(0, read).toString('utf8');
      return size > bytes.length ? text.slice(text.indexOf('\n') + 1) : text;
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
