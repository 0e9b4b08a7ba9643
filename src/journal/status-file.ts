/** `status.json`: a picture of the run for readers, replaced as a whole, its version growing. Never a source. */
import { basename, dirname } from 'node:path';
import { removeHalfWritten, replaceFile } from '../base/atomic-file.js';
import { readRegularText } from '../base/regular-file.js';
import type { Clock } from '../base/clock.js';

/** The writer's end. */
export interface StatusFile {
  /** The picture changed: it is drawn and written soon, at most once in a while. The last picture always gets there. */
  publish(draw: () => object): void;
  /** Resolves when the newest picture is written; `failure` says what went wrong with the last write, if anything. */
  flush(): Promise<void>;
  /** Why the last write failed; undefined when it did not. A status that cannot be written stops nobody. */
  failure(): Error | undefined;
}

/** A picture as read, with its version. */
export interface StatusPicture {
  readonly version: number;
  readonly picture: unknown;
}

/** Milliseconds between two pictures, at least. */
const pauseMs = 200;
/** A picture may cost this share of the time: a bigger run is drawn less often. */
const costShare = 20;

/** Opens the status file of a run; versions go on from what is there. Whoever opens it holds the run's lock. */
export async function openStatusFile(path: string, clock: Clock): Promise<StatusFile> {
  await removeHalfWritten(dirname(path), basename(path));
  return new ThrottledFile(path, clock, (await readStatusFile(path))?.version ?? 0);
}

/** The newest picture; undefined when there is none that can be read. */
export async function readStatusFile(path: string): Promise<StatusPicture | undefined> {
  try {
    const { version, ...picture } = JSON.parse(await readRegularText(path)) as { version?: unknown };
    return typeof version === 'number' && Number.isSafeInteger(version) ? { version, picture } : undefined;
  } catch {
    return undefined;
  }
}

class ThrottledFile implements StatusFile {
  readonly #path: string;
  readonly #clock: Clock;
  #version: number;
  #draw: (() => object) | undefined;
  #writing: Promise<void> | undefined;
  #revoke: (() => void) | undefined;
  #notBefore = 0;
  #failure: Error | undefined;

  constructor(path: string, clock: Clock, version: number) {
    this.#path = path;
    this.#clock = clock;
    this.#version = version;
  }

  publish(draw: () => object): void {
    this.#draw = draw;
    this.#schedule();
  }

  async flush(): Promise<void> {
    this.#revoke?.();
    this.#revoke = undefined;
    while (this.#writing !== undefined || this.#draw !== undefined) await (this.#writing ?? this.#write());
  }

  failure(): Error | undefined {
    return this.#failure;
  }

  #schedule(): void {
    if (this.#draw === undefined || this.#writing !== undefined || this.#revoke !== undefined) return;
    // Bounded, so that a clock set back does not silence it for hours.
    const wait = Math.min(Math.max(0, this.#notBefore - this.#clock.now()), 60_000);
    this.#revoke = this.#clock.after(wait, () => {
      this.#revoke = undefined;
      void this.#write();
    });
  }

  #write(): Promise<void> {
    const draw = this.#draw;
    this.#draw = undefined;
    if (draw === undefined) return Promise.resolve();
    this.#writing = this.#replace(draw).finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
    return this.#writing;
  }

  async #replace(draw: () => object): Promise<void> {
    const began = this.#clock.now();
    const text = JSON.stringify({ version: this.#version + 1, ...draw() });
    const cost = this.#clock.now() - began;
    try {
      await replaceFile(this.#path, `${text}\n`);
      this.#version++;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#notBefore = this.#clock.now() + Math.max(pauseMs, cost * costShare);
  }
}
