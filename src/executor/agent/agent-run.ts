/** One run of an agent's program: started, listened to, and ended when it is over, stuck, too expensive or not wanted any more. */
import { closeSync, openSync, readSync, fstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessTools, RunningProcess } from '../../base/process.js';
import { startProcess } from '../../base/process.js';
import type { AttemptOutcome, AttemptReason } from '../../model/event.js';
import type { AttemptRequest, Progress } from '../executor.js';
import type { AgentAdapter, AgentOptions, ReadContext } from './adapter.js';
import { agentEnvironment } from './agent-environment.js';
import { lineReader } from './line-reader.js';
import type { AgentReading } from './signal.js';
import { addSignal, emptyReading } from './signal.js';
import { recordedSession } from './session-name.js';
import type { Verdict } from './verdict.js';
import { judge } from './verdict.js';

/** What an agent's run needs from outside. */
export interface AgentTools {
  readonly processes: ProcessTools;
  /** The zone in which agents tell the time. */
  readonly timeZone: string;
  /** How long an agent may stay after its last word; 30 seconds unless said otherwise. */
  readonly lingerMs?: number;
}

/** What is run. */
export interface AgentRunRequest {
  readonly adapter: AgentAdapter;
  readonly options: AgentOptions;
  readonly attempt: AttemptRequest;
  readonly prompt: string;
  readonly promptFile: string;
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

/** A run under way. */
export class AgentRun {
  readonly ended: Promise<AgentRunEnd>;
  readonly #request: AgentRunRequest;
  readonly #tools: AgentTools;
  readonly #report: (progress: Progress) => void;
  readonly #context: () => ReadContext;
  #process: RunningProcess | undefined;
  #reading: AgentReading = emptyReading;
  #recent: string[] = [];
  #recentLength = 0;
  #stop: Stop | undefined;
  #hung = false;
  #bytes = 0;
  #grewAt: number;
  #reportedAt = 0;
  #unreported = false;
  #timers: (() => void)[] = [];
  #revokeLinger: (() => void) | undefined;

  constructor(request: AgentRunRequest, tools: AgentTools, report: (progress: Progress) => void) {
    this.#request = request;
    this.#tools = tools;
    this.#report = report;
    this.#context = () => ({ now: tools.processes.clock.now(), timeZone: tools.timeZone });
    this.#grewAt = tools.processes.clock.now();
    this.ended = this.#run();
  }

  /** Ends the whole process group; the outcome is `cancelled`. */
  cancel(reason: AttemptReason): void {
    this.#end({ result: 'cancelled', reason });
  }

  async #run(): Promise<AgentRunEnd> {
    const { adapter, options, attempt } = this.#request;
    const { launch, environment, stdinFile } = this.#prepare();
    const lines = lineReader((line) => this.#take(line));
    const mark = { variable: 'PLAN_MARK', word: `${attempt.run}/${attempt.node}#${attempt.attempt}` };
    this.#process = startProcess(
      {
        argv: [...(attempt.execution.sandbox ?? []), ...launch],
        cwd: attempt.worktree,
        environment: { ...environment, [mark.variable]: mark.word },
        ...(stdinFile === undefined ? {} : { stdinFile }),
        output: { file: attempt.outputFile, limit: attempt.outputLimit },
        onStdout: (bytes) => {
          lines.push(bytes);
          this.#afterChunk();
        },
        onTick: (bytes) => this.#tick(bytes),
        mark,
      },
      this.#tools.processes,
    );
    this.#watchTime();
    if (this.#stop !== undefined) this.#process.end();
    const end = await this.#process.ended;
    for (const revoke of this.#timers) revoke();
    this.#revokeLinger?.();
    if (end.kind === 'not-started') {
      return { outcome: { result: 'failed', reason: 'start', note: end.message }, answer: '', notStarted: true };
    }
    lines.end();
    if (end.flooded) this.#stop ??= { result: 'failed', reason: 'bad-output', note: 'it wrote output without measure' };
    const exit = { ...(end.exitCode === undefined ? {} : { code: end.exitCode }), ...(end.signal === undefined ? {} : { signal: end.signal }), stderr: this.#standardError() };
    const judged = judge(adapter, this.#reading, { exit, hung: this.#hung, skippedLines: lines.skipped() }, this.#context(), options);
    const verdict: Verdict = this.#stop === undefined ? judged : { outcome: stopped(this.#stop, judged.outcome) };
    const { session } = verdict.outcome;
    const outcome = session === undefined ? verdict.outcome : { ...verdict.outcome, session: recordedSession(adapter.name, session, this.#request.isFallback) };
    return { ...verdict, outcome, answer: this.#reading.answer, notStarted: false };
  }

  #prepare(): { readonly launch: readonly string[]; readonly environment: Record<string, string>; readonly stdinFile: string | undefined } {
    const { adapter, options, attempt, prompt, promptFile, model, maxTurns, budget, newSession, resume, readOnly } = this.#request;
    const launch = adapter.launch({
      worktree: attempt.worktree,
      scratch: attempt.scratch,
      prompt,
      promptFile,
      ...(model === undefined ? {} : { model }),
      ...(maxTurns === undefined ? {} : { maxTurns }),
      ...(budget === undefined ? {} : { budget }),
      newSession,
      ...(resume === undefined ? {} : { resume }),
      readOnly,
      options,
    });
    let stdinFile: string | undefined;
    if (launch.stdin !== undefined) {
      stdinFile = launch.stdin === prompt ? promptFile : join(attempt.scratch, 'stdin');
      if (stdinFile !== promptFile) writeFileSync(stdinFile, launch.stdin, { mode: 0o600 });
    }
    const environment = agentEnvironment(attempt, [...adapter.environment, ...(options.environment ?? [])], promptFile);
    return { launch: launch.command, environment, stdinFile };
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

  #afterChunk(): void {
    this.#reportChange();
    this.#linger();
    const { budget, maxTurns } = this.#request;
    const { cost, turns } = this.#reading.usage;
    if (this.#reading.ended !== undefined) return;
    if (budget !== undefined && cost !== undefined && cost >= budget) this.#end({ result: 'failed', reason: 'budget', note: `it cost ${cost.toFixed(2)} of ${budget}` });
    if (maxTurns !== undefined && turns !== undefined && turns > maxTurns) this.#end({ result: 'failed', reason: 'budget', note: `it took more than ${maxTurns} turns` });
  }

  /** Agents hang after their last word: they get a while, then they are ended. */
  #linger(): void {
    if (this.#reading.ended === undefined) {
      this.#revokeLinger?.();
      this.#revokeLinger = undefined;
    } else {
      this.#revokeLinger ??= this.#tools.processes.clock.after(this.#tools.lingerMs ?? defaultLingerMs, () => this.#endHung());
    }
  }

  #endHung(): void {
    this.#hung = true;
    this.#process?.end();
  }

  #reportChange(): void {
    const now = this.#tools.processes.clock.now();
    if (!this.#unreported || now - this.#reportedAt < reportPauseMs) return;
    this.#reportedAt = now;
    this.#unreported = false;
    const { doing, usage, session } = this.#reading;
    this.#report({
      ...(doing === undefined ? {} : { doing }),
      ...(Object.keys(usage).length === 0 ? {} : { usage }),
      ...(session === undefined ? {} : { session: recordedSession(this.#request.adapter.name, session, this.#request.isFallback) }),
    });
  }

  #tick(bytes: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#grewAt = this.#tools.processes.clock.now();
      this.#report({ outputBytes: bytes });
    }
    this.#reportChange();
  }

  #watchTime(): void {
    const { clock } = this.#tools.processes;
    const { timeoutSeconds, stuckSeconds } = this.#request.attempt.execution;
    if (timeoutSeconds !== undefined) this.#timers.push(clock.after(timeoutSeconds * 1000, () => this.#overdue('timeout', `it ran longer than ${timeoutSeconds} s`)));
    const look = (): void => {
      const left = this.#grewAt + stuckSeconds * 1000 - clock.now();
      if (left <= 0) this.#overdue('stuck', `it wrote nothing for ${stuckSeconds} s`);
      else this.#timers.push(clock.after(left, look));
    };
    look();
  }

  #overdue(reason: AttemptReason, note: string): void {
    if (this.#reading.ended === undefined) this.#end({ result: 'failed', reason, note });
    else this.#endHung();
  }

  #end(stop: Stop): void {
    this.#stop ??= stop;
    this.#process?.end();
  }

  #standardError(): string {
    const said = new Set(this.#recent);
    return tailOf(this.#request.attempt.outputFile)
      .split('\n')
      .filter((line) => line.trim() !== '' && !said.has(line.replace(/\r$/, '')) && !/^\s*\{|^\[plan: \d+ bytes /.test(line))
      .join('\n');
  }
}

interface Stop {
  readonly result: 'failed' | 'cancelled';
  readonly reason: AttemptReason;
  readonly note?: string;
}

/** What was used and said stays true when the run was stopped. */
function stopped(stop: Stop, judged: AttemptOutcome): AttemptOutcome {
  const { usage, session, exitCode, signal } = judged;
  return {
    ...stop,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(usage === undefined ? {} : { usage }),
    ...(session === undefined ? {} : { session }),
  };
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
