/** Moving one ref by compare-and-swap through a long-lived `update-ref`: always one ref in one transaction. */
import type { CommitId } from '../model/ids.js';
import { GitError, isTransient, kindOf } from './git-error.js';
import { tryGit } from './git.js';
import type { GitPlace } from './git.js';
import { GitSession } from './session.js';

/** How a compare-and-swap ended: `moved`, or the ref had another value than expected. */
export type MoveOutcome = 'moved' | 'refused';

/**
 * Moves refs. The process lives for seconds only: git notes one time for all reflog entries that a process writes,
 * and it ends by itself (its transaction undone) when we are killed.
 */
export class RefMover {
  readonly #place: GitPlace;
  readonly #session: GitSession;
  #last: Promise<unknown> = Promise.resolve();

  constructor(place: GitPlace) {
    this.#place = place;
    this.#session = new GitSession(['update-ref', '--stdin', '-z'], place, { milliseconds: 5_000, requests: 1_000 });
  }

  /** Sets `ref` to `to` if it is `from` now; `from` null: if it does not exist. `to` null deletes it. Retries when another git holds the ref's lock. */
  move(ref: string, from: CommitId | null, to: CommitId | null, nullId: string): Promise<MoveOutcome> {
    // A refusal ends the process: nobody else's request may be in its pipe then.
    const turn = this.#last.then(() => this.#move(ref, command(ref, from ?? nullId, to)));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the process; the next move starts another. */
  close(): void {
    this.#session.close();
  }

  async #move(ref: string, request: string): Promise<MoveOutcome> {
    try {
      await this.#session.ask(`start\0${request}commit\0`, takeCommitted);
      return 'moved';
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (error.kind === 'ref-moved') return 'refused';
    }
    // Whatever it died of, a process of its own tells whether it is the ref or was the session.
    const result = await tryGit(['update-ref', '--stdin', '-z'], { ...this.#place, input: request, retries: 8 });
    if (result.code === 0) return 'moved';
    const kind = kindOf(result.stderr);
    if (kind === 'ref-moved') return 'refused';
    throw new GitError(['update-ref', ref], isTransient(kind) ? 'lock-held' : kind, result.code, result.stderr);
  }
}

function command(ref: string, from: string, to: string | null): string {
  return to === null ? `delete ${ref}\0${from}\0` : `update ${ref}\0${to}\0${from}\0`;
}

const answer = 'start: ok\ncommit: ok\n';

function takeCommitted(received: Buffer): { value: true; used: number } | undefined {
  return received.length >= answer.length ? { value: true, used: answer.length } : undefined;
}
