import { Writable } from 'node:stream';

/** A stream that keeps what is written; a terminal of a size where columns are given. */
export class Sink extends Writable {
  text = '';
  readonly isTTY: boolean;
  columns: number;
  rows: number;

  constructor(columns = 0, rows = 0) {
    super();
    this.isTTY = columns > 0;
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}
