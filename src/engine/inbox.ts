import type { RequestedEvent } from '../journal/request.js';
import type { Event } from '../model/event.js';

/** What reaches the loop from outside: ends of deeds, wishes of people, time, signals. */
export type Message =
  /** A deed ended; its key is free again and these are its facts. */
  | { readonly kind: 'ended'; readonly key: string; readonly events: readonly Event[] }
  /** Seen on the side, by nobody's order: a foreseen conflict, a branch moved by a person. */
  | { readonly kind: 'noticed'; readonly events: readonly Event[] }
  /** A person's wish and its id; `taken` is called once it is in the journal and on the disk. */
  | { readonly kind: 'asked'; readonly request: string; readonly event: RequestedEvent; readonly taken: () => Promise<void> | void }
  /** A time that was waited for has come. */
  | { readonly kind: 'woken' }
  /** Ctrl-C and its kin: the first lets running attempts end, the second stops them. */
  | { readonly kind: 'interrupted'; readonly hard: boolean }
  /** Our own code threw: the run stops, nothing is guessed. */
  | { readonly kind: 'broke'; readonly error: unknown };

/** The one door into the loop: posts are kept in order and taken in batches. */
export class Inbox {
  private waiting: Message[] = [];
  private wake: (() => void) | undefined;

  post(message: Message): void {
    this.waiting.push(message);
    this.wake?.();
    this.wake = undefined;
  }

  /** All that came since the last call; waits for the first when there is none. */
  async take(): Promise<readonly Message[]> {
    if (this.waiting.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.drain();
  }

  /** All that came since the last call, which may be nothing. */
  drain(): readonly Message[] {
    const taken = this.waiting;
    this.waiting = [];
    return taken;
  }
}
