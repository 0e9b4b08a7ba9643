/** A git that stays and answers requests in order; started when first needed, and anew when it died or grew old. */
import type { Socket } from 'node:net';
import { GitError, kindOf } from './git-error.js';
import { spawnGit } from './git.js';
import type { GitPlace, GitProcess } from './git.js';

/** Takes one answer off the front of what has arrived: undefined when it is not all there yet. */
export type Take<T> = (received: Buffer) => { readonly value: T; readonly used: number } | undefined;

interface Request {
  readonly take: Take<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GitError) => void;
}

interface Living {
  readonly child: GitProcess;
  readonly since: number;
  served: number;
}

/** How long one process serves before a new one takes its place; requests under way are finished first. */
export interface SessionLimits {
  readonly milliseconds: number;
  readonly requests: number;
}

/** One long-lived git command with a request–answer protocol on its pipes. */
export class GitSession {
  readonly #args: readonly string[];
  readonly #place: GitPlace;
  readonly #limits: SessionLimits;
  #living: Living | undefined;
  #waiting: Request[] = [];
  #received: Buffer = Buffer.alloc(0);
  #said = '';

  constructor(args: readonly string[], place: GitPlace, limits: SessionLimits) {
    this.#args = args;
    this.#place = place;
    this.#limits = limits;
  }

  /** Sends a request and gives its answer. Rejects with a `GitError` when the process ends before it has answered. */
  ask<T>(request: string, take: Take<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const living = this.#ready();
      living.served += 1;
      this.#waiting.push({ take, resolve: resolve as (value: unknown) => void, reject });
      if (this.#waiting.length === 1) this.#hold(living.child, true);
      living.child.stdin?.write(request);
    });
  }

  /** Ends the process; it is started anew by the next request. */
  close(): void {
    const living = this.#living;
    if (living === undefined) return;
    this.#living = undefined;
    living.child.stdin?.end();
    this.#fail(living.child, 'closed');
  }

  #ready(): Living {
    const now = performance.now();
    const living = this.#living;
    if (living !== undefined) {
      const old = now - living.since > this.#limits.milliseconds || living.served >= this.#limits.requests;
      if (!old || this.#waiting.length > 0) return living;
      this.close();
    }
    const child = spawnGit(this.#args, this.#place);
    const fresh = { child, since: now, served: 0 };
    this.#living = fresh;
    this.#received = Buffer.alloc(0);
    this.#said = '';
    this.#hold(child, false);
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => this.#onData(child, chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.#living?.child === child) this.#said = (this.#said + chunk.toString('utf8')).slice(-8192);
    });
    child.once('error', (error) => this.#onEnd(child, error.message));
    child.once('close', () => this.#onEnd(child, 'ended before it had answered'));
    return fresh;
  }

  #onData(child: GitProcess, chunk: Buffer): void {
    if (this.#living?.child !== child) return;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const answer = first.take(this.#received);
      if (answer === undefined) return;
      this.#received = this.#received.subarray(answer.used);
      this.#waiting.shift();
      first.resolve(answer.value);
    }
    this.#hold(child, false);
  }

  #onEnd(child: GitProcess, words: string): void {
    if (this.#living?.child !== child) return;
    this.#living = undefined;
    this.#fail(child, this.#said === '' ? words : this.#said);
  }

  #fail(child: GitProcess, words: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#hold(child, false);
    for (const request of waiting) request.reject(new GitError(this.#args, kindOf(words), 128, words));
  }

  /** Node stays alive for a request under way, and for nothing else of ours. */
  #hold(child: GitProcess, on: boolean): void {
    for (const thing of [child, child.stdin, child.stdout, child.stderr] as (GitProcess | Socket | null)[]) {
      if (on) thing?.ref();
      else thing?.unref();
    }
  }
}
