/**
 * Small shells that stay and start programs for us. A fork copies the page tables of who forks: out of a Node of 130 MB it takes
 * several milliseconds of the main thread, out of a `/bin/sh` a fraction of one. Each helper does one thing at a time.
 */
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { endGroup } from './process-group.js';

/** What a helper was asked to do, under way. */
export interface HelperTask {
  /** The exit code of the script, 128 + n when signal n ended its last command; rejects when the helper itself came to an end. */
  readonly ended: Promise<number>;
  /** Ends the helper with everything in its process group: `ended` rejects. */
  kill(): void;
}

/** Receives what the script writes, as it comes. */
export interface HelperReaders {
  stdout(bytes: Buffer): void;
  stderr(bytes: Buffer): void;
}

/** The word by which a helper is known in a list of processes. */
export const helperName = 'plan-helper';

/** More than this many that have nothing to do are let go. */
const idleLimit = 16;
/** Milliseconds after a helper's end in which what it had started may still hold our pipes. */
const pipeGraceMs = 3000;
/** A marker with its code is shorter than this. */
const markerRoom = 64;

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** True for a name that a shell can export; others are lost on the way through one. */
export function isShellName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Helpers that share an environment. They end when we do: a closed input ends a shell. */
export class ShellHelpers {
  readonly environment: Readonly<Record<string, string>>;
  readonly #idle: Helper[] = [];

  constructor(environment: Readonly<Record<string, string>>) {
    this.environment = environment;
  }

  /** Runs a script. What it starts and leaves in the background must not hold its standard output or error. */
  run(script: string, readers: HelperReaders): HelperTask {
    let helper = this.#idle.pop();
    while (helper?.gone === true) helper = this.#idle.pop();
    helper ??= new Helper(this.environment);
    return this.#runIn(helper, script, readers);
  }

  #runIn(helper: Helper, script: string, readers: HelperReaders): HelperTask {
    const ended = helper.run(script, readers).then((code) => {
      if (this.#idle.length < idleLimit) this.#idle.push(helper);
      else helper.close();
      return code;
    });
    return { ended, kill: () => helper.kill() };
  }
}

class Helper {
  readonly #child: ChildProcess;
  /** Ends an answer on both streams; nobody who does not know it can end one early. */
  readonly #marker = randomBytes(12).toString('hex');
  #settle: { readonly resolve: (code: number) => void; readonly reject: (error: Error) => void } | undefined;
  #take: HelperReaders | undefined;
  /** Bytes of each stream that may be the beginning of the marker. */
  readonly #held: { stdout: Buffer; stderr: Buffer } = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #done: { stdout?: number; stderr?: number } = {};
  #gone: Error | undefined;

  constructor(environment: Readonly<Record<string, string>>) {
    // A group of its own: a Ctrl-C in the terminal does not reach it.
    this.#child = spawn('/bin/sh', ['-s', helperName], { cwd: '/', env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const lost = (error: Error): void => {
      this.#gone ??= error;
      this.#settle?.reject(this.#gone);
      this.#settle = undefined;
    };
    this.#child.once('error', lost);
    // What it was running is in its group and unwatched from now on; our pipes close with its end, so nothing of it acts after ours.
    this.#child.once('exit', (code, signal) => {
      this.#gone ??= ended(code, signal);
      if (this.#settle === undefined) return;
      this.kill();
      setTimeout(() => [this.#child.stdout, this.#child.stderr].forEach((stream) => stream?.destroy()), pipeGraceMs).unref();
    });
    this.#child.once('close', (code, signal) => lost(ended(code, signal)));
    this.#child.stdin?.on('error', () => undefined);
    for (const stream of ['stdout', 'stderr'] as const) this.#child[stream]?.on('data', (bytes: Buffer) => this.#read(stream, bytes));
  }

  /** True once it has come to an end. */
  get gone(): boolean {
    return this.#gone !== undefined;
  }

  run(script: string, readers: HelperReaders): Promise<number> {
    this.#hold(true);
    this.#take = readers;
    this.#done = {};
    return new Promise<number>((resolve, reject) => {
      if (this.#gone !== undefined) {
        reject(this.#gone);
        return;
      }
      this.#settle = { resolve, reject };
      this.#child.stdin?.write(`${script}\nset -- $?; cd /; printf '\\n%s %d\\n' ${this.#marker} $1; printf '\\n%s %d\\n' ${this.#marker} $1 >&2\n`);
    });
  }

  kill(): void {
    if (this.#child.pid !== undefined) endGroup(this.#child.pid);
  }

  close(): void {
    this.#child.stdin?.end();
  }

  #read(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const all = this.#held[stream].length === 0 ? bytes : Buffer.concat([this.#held[stream], bytes]);
    const tail = all.subarray(-markerRoom).toString('latin1');
    const found = new RegExp(`\\n${this.#marker} (\\d+)\\n$`).exec(tail);
    const kept = all.length - (found === null ? this.#beginning(tail) : found[0].length);
    this.#held[stream] = found === null ? all.subarray(kept) : Buffer.alloc(0);
    if (kept > 0) this.#take?.[stream](all.subarray(0, kept));
    if (found === null) return;
    this.#done[stream] = Number(found[1]);
    const code = this.#done.stdout;
    if (code === undefined || this.#done.stderr === undefined) return;
    const settle = this.#settle;
    this.#settle = undefined;
    this.#take = undefined;
    this.#hold(false);
    settle?.resolve(code);
  }

  /** How many of the last characters may be the beginning of the marker. */
  #beginning(tail: string): number {
    const whole = `\n${this.#marker} `;
    const at = tail.lastIndexOf(whole);
    if (at >= 0) return tail.length - at;
    for (let count = Math.min(whole.length, tail.length); count > 0; count -= 1) if (whole.startsWith(tail.slice(-count))) return count;
    return 0;
  }

  /** Only a helper that works keeps our process alive. */
  #hold(active: boolean): void {
    const streams = [this.#child.stdin, this.#child.stdout, this.#child.stderr] as (Socket | null)[];
    for (const each of [this.#child, ...streams]) {
      if (active) each?.ref();
      else each?.unref();
    }
  }
}

function ended(code: number | null, signal: string | null): Error {
  return new Error(`the shell that starts programs ended (${signal ?? code})`);
}
