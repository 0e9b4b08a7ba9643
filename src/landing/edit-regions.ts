/** Where in a file a branch changed it: enough to see that two branches' changes lie apart, without merging them. */

import type { Repository } from '../git/repository.js';

/** Lines of the old file, counted from 0, outside of which nothing changed; `end` is exclusive. */
export interface EditRegion {
  readonly start: number;
  readonly end: number;
}

/** Bytes of a file that is still looked at. */
const sizeLimit = 1024 * 1024;
/** Unchanged lines that must lie between two changes. git needs one; the others are for diffs that slide. */
const margin = 4;

/** Remembers regions by the blobs that they lie between. */
export class EditRegions {
  readonly #repository: Repository;
  readonly #known = new Map<string, Promise<EditRegion | undefined>>();
  readonly #lines = new Map<string, Promise<readonly string[] | undefined>>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** True when both changes of a blob are known to lie apart; false says nothing. */
  async areApart(from: string, one: string, other: string): Promise<boolean> {
    const [a, b] = await Promise.all([this.#between(from, one), this.#between(from, other)]);
    return a !== undefined && b !== undefined && (a.end + margin <= b.start || b.end + margin <= a.start);
  }

  #between(from: string, to: string): Promise<EditRegion | undefined> {
    const key = `${from} ${to}`;
    const known = this.#known.get(key) ?? this.#compare(from, to);
    this.#known.set(key, known);
    return known;
  }

  async #compare(from: string, to: string): Promise<EditRegion | undefined> {
    const [before, after] = await Promise.all([this.#read(from, true), this.#read(to, false)]);
    if (before === undefined || after === undefined) return undefined;
    const shorter = Math.min(before.length, after.length);
    let start = 0;
    while (start < shorter && before[start] === after[start]) start += 1;
    let same = 0;
    while (same < shorter - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same += 1;
    return { start, end: before.length - same };
  }

  /** Lines of a text; undefined for what git takes for binary, and for large files. Only what several changes begin at is kept. */
  async #read(blob: string, keep: boolean): Promise<readonly string[] | undefined> {
    const known = this.#lines.get(blob);
    if (known !== undefined) return known;
    const read = this.#split(blob);
    if (keep) this.#lines.set(blob, read);
    return read;
  }

  async #split(blob: string): Promise<readonly string[] | undefined> {
    const info = await this.#repository.objects.info(blob);
    if (info === undefined || info.size > sizeLimit) return undefined;
    const content = (await this.#repository.objects.read(blob))?.content;
    return content === undefined || content.includes(0) ? undefined : content.toString('latin1').split('\n');
  }

  /** Lets go of texts; regions are small and stay. */
  rest(): void {
    this.#lines.clear();
  }
}
