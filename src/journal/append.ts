/** The one writer of a run's journal: entries take their number at once and reach the disk in groups. */
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Entry, Event } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import { encodeEntry } from './codec.js';
import { realDisk } from './disk.js';
import type { Disk, DiskFile } from './disk.js';
import { readEntries } from './read.js';
import type { JournalContent } from './read.js';
import { messageOf } from '../base/text.js';

/** A journal that is open for writing. Whoever opens it holds the run's lock. */
export interface Journal {
  /**
   * Numbers and stamps the events and hands them to the writer; they may be applied at once, but no effect may begin before
   * `durable()`. `request` is the id of the inbox request that they come from. Throws `JournalError` after a failed write.
   */
  append(events: readonly Event[], request?: string): readonly Entry[];
  /** Resolves when everything appended so far is on the disk. Rejects with `JournalError`, then and ever after. */
  durable(): Promise<void>;
  /** Waits for what was appended and closes the file. Rejects like `durable()`, the file closed all the same. */
  close(): Promise<void>;
}

/** An opened journal and what stood in it. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly entries: readonly Entry[];
  /** Bytes of a torn line that were cut off. */
  readonly tornBytes: number;
}

/** The beginning of a journal, as read. */
export type KnownEntries = Pick<JournalContent, 'entries' | 'validBytes'>;

const nothing: KnownEntries = { entries: [], validBytes: 0 };

/** The disk refused: the run has to stop, and finds a clean prefix when it is started again. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly failure: Failure;

  constructor(file: string, cause: unknown) {
    const reason = messageOf(cause);
    super(`the journal ${file} cannot be written: ${reason}`, { cause });
    this.failure = {
      kind: 'failed',
      code: 'journal-write',
      message: this.message,
      hint: 'nothing is lost: make room or mend the disk, then give the same command again',
    };
  }
}

/** What waits for its sync, and who waits for it. */
interface Batch {
  readonly lines: string[];
  readonly done: Promise<void>;
  readonly settle: (error?: JournalError) => void;
}

/**
 * Opens a journal, creating it when missing. A torn tail is cut off, durably, before anything is appended.
 * A damaged journal is a failure; a disk that refuses rejects with the system's error. `known`: what the caller has read
 * of it before and nobody can have changed since; reading goes on from there.
 */
export async function openJournal(file: string, clock: Clock, disk: Disk = realDisk, known: KnownEntries = nothing): Promise<Result<OpenedJournal, Failure>> {
  const opened = await disk.open(file);
  try {
    const content = await readEntries((offset, length) => opened.read(offset, length), file, known.validBytes, known.entries.length);
    if (!content.ok) {
      await opened.close();
      return err(content.error);
    }
    const { validBytes, tornBytes } = content.value;
    const entries = known.entries.length === 0 ? content.value.entries : [...known.entries, ...content.value.entries];
    if (tornBytes > 0) await opened.truncate(validBytes);
    // What a killed writer had not synced yet is visible and not durable: deciding on it would be deciding on a rumour.
    if (tornBytes > 0 || entries.length > 0) await opened.sync();
    return ok({ journal: new GroupWriter(file, opened, clock, entries.length, validBytes), entries, tornBytes });
  } catch (error) {
    await opened.close().catch(() => undefined);
    throw error;
  }
}

class GroupWriter implements Journal {
  readonly #file: string;
  readonly #disk: DiskFile;
  readonly #clock: Clock;
  #seq: number;
  /** Bytes known to be on the disk: what the file is cut back to when a write fails. */
  #durableBytes: number;
  #waiting: Batch | undefined;
  #flying: Batch | undefined;
  #writing = false;
  #error: JournalError | undefined;
  #closed = false;

  constructor(file: string, disk: DiskFile, clock: Clock, seq: number, durableBytes: number) {
    this.#file = file;
    this.#disk = disk;
    this.#clock = clock;
    this.#seq = seq;
    this.#durableBytes = durableBytes;
  }

  append(events: readonly Event[], request?: string): readonly Entry[] {
    assert(!this.#closed, 'append to a closed journal');
    if (this.#error !== undefined) throw this.#error;
    if (events.length === 0) return [];
    const at = this.#clock.now();
    const entries = events.map((event): Entry => ({ seq: this.#seq++, at, event, ...(request === undefined ? {} : { request }) }));
    this.#waiting ??= newBatch();
    for (const entry of entries) this.#waiting.lines.push(encodeEntry(entry));
    if (!this.#writing) void this.#write();
    return entries;
  }

  durable(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return (this.#waiting ?? this.#flying)?.done ?? Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.durable();
    } finally {
      await this.#disk.close();
    }
  }

  /** Writes batches until none waits: one sync in flight, and all that is appended meanwhile goes with the next. */
  async #write(): Promise<void> {
    this.#writing = true;
    // All that is appended in this turn belongs to one group.
    await Promise.resolve();
    while (this.#waiting !== undefined && this.#error === undefined) {
      const batch = this.#waiting;
      this.#flying = batch;
      this.#waiting = undefined;
      try {
        const bytes = Buffer.from(batch.lines.join(''));
        await this.#disk.write(bytes, this.#durableBytes);
        await this.#disk.sync();
        this.#durableBytes += bytes.length;
        batch.settle();
      } catch (cause) {
        await this.#fail(batch, cause);
      }
      this.#flying = undefined;
    }
    this.#writing = false;
  }

  /** A failed sync is never tried again: the kernel may have forgotten the pages, and the next sync would lie. */
  async #fail(batch: Batch, cause: unknown): Promise<void> {
    const error = new JournalError(this.#file, cause);
    this.#error = error;
    // Best effort: where it fails too, the next start finds a torn tail, or whole entries whose effects never began.
    await this.#disk.truncate(this.#durableBytes).then(() => this.#disk.sync()).catch(() => undefined);
    batch.settle(error);
    this.#waiting?.settle(error);
  }
}

function newBatch(): Batch {
  let settle: (error?: JournalError) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Nobody may be waiting for this one; the error stays with the journal.
  done.catch(() => undefined);
  return { lines: [], done, settle };
}
