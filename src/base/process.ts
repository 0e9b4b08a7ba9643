/** The door through which processes are started: each in a group of its own, ended as a whole, its output bounded. */
import { statSync } from 'node:fs';
import type { Clock } from './clock.js';
import { openOutputFile } from './output-file.js';
import type { OutputFile } from './output-file.js';
import { endMarked, killedWaitMs, mayLive, signalProcess, waitUntil, whileStopped } from './process-group.js';
import { liveGroupMembers } from './process-scan.js';
import type { MarkScanner } from './process-scan.js';
import { startChild } from './started-child.js';
import type { ProgramRequest, StartHelpers, StartedChild } from './started-child.js';
import { messageOf } from './text.js';

export interface ProcessRequest extends ProgramRequest {
  /** Receives stdout and stderr in the order written. */
  readonly output: { readonly file: string; readonly limit: number };
  /** Also hands stdout over as it comes (through a pipe, slowed down when it floods). Without it the file is all there is. */
  readonly onStdout?: (bytes: Buffer) => void;
  /** Called now and then while it runs, with the bytes written so far. */
  readonly onTick?: (bytes: number) => void;
  /** A word in the environment by which descendants are known that left the group. */
  readonly mark?: { readonly variable: string; readonly word: string };
}

export interface ProcessTools {
  readonly clock: Clock;
  /** Finds marked processes; without it only the group is ended. */
  readonly scanner?: MarkScanner;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Start programs for us at less cost; without them each is a fork of ours. */
  readonly helpers?: StartHelpers;
}

export type ProcessEnd =
  /** It could not be started; `message` says why in words. */
  | { readonly kind: 'not-started'; readonly message: string }
  | {
      readonly kind: 'ended';
      /** Undefined when a signal ended it. */
      readonly exitCode?: number;
      readonly signal?: string;
      readonly outputBytes: number;
      readonly droppedBytes: number;
      /** True: it was ended because it wrote without measure. */
      readonly flooded: boolean;
      /** Processes of it that were still there when it ended itself, and were ended. */
      readonly leftovers: number;
      /** Its last bytes of output, at most `tailLimit`. */
      readonly tail: Buffer;
    };

export interface RunningProcess {
  /** Resolves once, when nothing of it is left. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Asks the whole group to end, and makes it after the grace. Calling it again changes nothing. */
  end(): void;
  /** The last bytes written so far, at most `count`. */
  tail(count: number): Buffer;
}

const tickMs = 100;
/** The pace while output grows fast: what is written between two looks is what the limit can be exceeded by. */
const fastTickMs = 20;
/** Beyond this many times its limit a process is not talkative but broken. */
const floodFactor = 256;
/** Bytes of the end of the output that come with the end. */
const tailLimit = 4096;
/** Bytes of stdout taken in one go before the reader pauses: one flooding process must not keep everybody else waiting. */
const stdoutBurst = 1024 * 1024;
const stdoutPauseMs = 20;

/** Starts a process. Never throws. */
export function startProcess(request: ProcessRequest, tools: ProcessTools): RunningProcess {
  let output: OutputFile;
  try {
    output = openOutputFile(request.output.file, request.output.limit);
  } catch (error) {
    return notStarted(`its output file cannot be written: ${messageOf(error)}`);
  }
  let child: StartedChild;
  try {
    child = startChild({ ...request, output: { file: request.output.file, fd: output.fd }, pipeStdout: request.onStdout !== undefined }, tools.helpers);
  } catch (error) {
    output.close();
    return notStarted(startMessage(error, request));
  }
  const run = new ProcessRun(child, output, request, tools);
  return { ended: run.ended, end: () => run.end(), tail: (count) => output.tail(count) };
}

class ProcessRun {
  readonly ended: Promise<ProcessEnd>;
  readonly #child: StartedChild;
  readonly #output: OutputFile;
  readonly #request: ProcessRequest;
  readonly #tools: ProcessTools;
  #ending = false;
  #exited = false;
  #flooded = false;
  #grown = 0;
  #revokeTick: () => void = () => undefined;
  #revokeKill: () => void = () => undefined;
  #revokeAbandon: () => void = () => undefined;

  constructor(child: StartedChild, output: OutputFile, request: ProcessRequest, tools: ProcessTools) {
    this.#child = child;
    this.#output = output;
    this.#request = request;
    this.#tools = tools;
    const stdoutEnded = this.#readStdout();
    this.ended = this.#finish(stdoutEnded);
    this.#scheduleTick(tickMs);
  }

  end(): void {
    if (this.#ending || this.#exited) return;
    this.#ending = true;
    void this.#child.begun.then(() => this.#endGroup());
    // Whatever was to be ended is by then; what does not say so has to be given up.
    this.#revokeAbandon = this.#tools.clock.after(2 * this.#tools.graceMs, () => this.#child.abandon());
  }

  #endGroup(): void {
    const group = this.#child.pid();
    if (group === undefined || this.#exited) return;
    signalProcess(-group, 'SIGTERM');
    // A stopped process takes no SIGTERM until it goes on.
    signalProcess(-group, 'SIGCONT');
    this.#revokeKill = this.#tools.clock.after(this.#tools.graceMs, () => signalProcess(-group, 'SIGKILL'));
  }

  async #finish(stdoutEnded: Promise<void>): Promise<ProcessEnd> {
    const exit = await this.#child.exit;
    this.#exited = true;
    this.#revokeTick();
    this.#revokeKill();
    this.#revokeAbandon();
    if (exit.error !== undefined) {
      this.#output.close();
      return { kind: 'not-started', message: startMessage(exit.error, this.#request) };
    }
    const leftovers = await this.#endRest(this.#child.pid() ?? 0);
    await this.#closeStdout(stdoutEnded);
    const outputBytes = this.#output.check();
    const tail = outputBytes === 0 ? Buffer.alloc(0) : this.#output.tail(tailLimit);
    const droppedBytes = this.#output.dropped();
    this.#output.close();
    return {
      kind: 'ended',
      ...(exit.code === null ? {} : { exitCode: exit.code }),
      ...(exit.signal === null ? {} : { signal: exit.signal }),
      outputBytes,
      droppedBytes,
      flooded: this.#flooded,
      leftovers,
      tail,
    };
  }

  /** Ends what the leader left behind, in its group and out of it; returns how many there were, as far as they can be counted. */
  async #endRest(group: number): Promise<number> {
    const { clock, graceMs, scanner } = this.#tools;
    let count = 0;
    if (mayLive(-group)) {
      const members = liveGroupMembers(group);
      count = members?.length ?? 1;
      if (count > 0) {
        const gone = (): boolean => !mayLive(-group) || liveGroupMembers(group)?.length === 0;
        if (!this.#ending) {
          signalProcess(-group, 'SIGTERM');
          signalProcess(-group, 'SIGCONT');
        }
        if (!(await waitUntil(gone, graceMs, clock))) {
          signalProcess(-group, 'SIGKILL');
          await waitUntil(gone, killedWaitMs, clock);
        }
      }
    }
    const mark = this.#request.mark;
    if (scanner === undefined || mark === undefined) return count;
    const escaped = await scanner.find((word) => word === mark.word, this.#ending || count > 0);
    if (escaped.length > 0) await endMarked(escaped, mark.variable, clock, graceMs);
    return count + escaped.length;
  }

  #scheduleTick(ms: number): void {
    this.#revokeTick = this.#tools.clock.after(ms, () => this.#tick());
  }

  #tick(): void {
    if (this.#exited) return;
    const group = this.#child.pid();
    const bytes = this.#output.check(group === undefined ? undefined : (cut) => whileStopped(group, cut));
    const growth = bytes - this.#grown;
    this.#grown = bytes;
    this.#request.onTick?.(bytes);
    if (bytes > this.#request.output.limit * floodFactor && !this.#ending) {
      this.#flooded = true;
      this.end();
    }
    this.#scheduleTick(growth > this.#request.output.limit / 8 ? fastTickMs : tickMs);
  }

  #readStdout(): Promise<void> {
    const { stdout } = this.#child;
    const take = this.#request.onStdout;
    if (stdout === null || take === undefined) return Promise.resolve();
    let burst = 0;
    stdout.on('data', (bytes: Buffer) => {
      this.#output.append(bytes);
      take(bytes);
      burst += bytes.length;
      if (burst < stdoutBurst) return;
      burst = 0;
      stdout.pause();
      this.#tools.clock.after(stdoutPauseMs, () => stdout.resume());
    });
    return new Promise((resolve) => {
      stdout.once('close', resolve);
      stdout.once('error', () => resolve());
    });
  }

  /** Everything that could still write is gone: what stands in the pipe is read, and no more is waited for. */
  async #closeStdout(ended: Promise<void>): Promise<void> {
    const { stdout } = this.#child;
    if (stdout === null) return;
    let revoke: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      revoke = this.#tools.clock.after(this.#tools.graceMs, resolve);
    });
    await Promise.race([ended, late]);
    revoke();
    stdout.destroy();
  }
}

function notStarted(message: string): RunningProcess {
  return { ended: Promise.resolve({ kind: 'not-started', message }), end: () => undefined, tail: () => Buffer.alloc(0) };
}

function startMessage(error: unknown, request: ProcessRequest): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' && !isFolder(request.cwd)) return `its folder is not there: ${request.cwd}`;
  if (code === 'ENOENT') return `${request.argv[0]} was not found`;
  if (code === 'EACCES') return `${request.argv[0]} may not be executed`;
  if (code === 'E2BIG') return 'its arguments and environment are longer than the system allows';
  return messageOf(error);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
