/** What ends a git before its time. */
import type { GitErrorKind } from './git-error.js';

/** Who wants a git to end: whoever gives it up, and the clock. */
export interface StopRequest {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; none when undefined. */
  readonly timeout?: number | undefined;
}

/** Why it was ended. */
export type StopReason = Extract<GitErrorKind, 'killed' | 'timeout' | 'too-much-output'>;

/** Ends one git at most once, and remembers why. */
export class Stops {
  /** Undefined while nothing has ended it. */
  reason: StopReason | undefined;
  readonly #end: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => this.stop('killed');

  constructor({ signal, timeout }: StopRequest, end: () => void) {
    this.#end = end;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = timeout === undefined ? undefined : setTimeout(() => this.stop('timeout'), timeout);
  }

  stop(reason: StopReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#end();
  }

  /** It has ended: nobody is listened to any more. */
  release(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
