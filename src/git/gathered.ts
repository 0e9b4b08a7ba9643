/** Output that is taken up to a limit. */

/** Bytes up to a limit; beyond it the rest is thrown away. */
export class Gathered {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when the limit is passed. */
  add(chunk: Buffer): boolean {
    const room = this.#limit - this.#size;
    if (room > 0) this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#size += chunk.length;
    return this.#size <= this.#limit;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
