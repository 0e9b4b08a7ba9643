/** A place on a line, counted in columns: tabs reach to the next of every four, and may be taken in part. */

/** Reads one line after the other from the left. */
export class LineCursor {
  readonly text: string;
  /** Offset of the next character, and of the line's end. */
  at = 0;
  end = 0;
  column = 0;
  /** Columns left of a tab that was taken in part. */
  rest = 0;
  /** Offset and column of the first character after `at` that is no white space; stale when before `at`. */
  private next = -1;
  private nextColumn = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Goes to the beginning of a line. */
  begin(start: number, end: number): void {
    this.at = start;
    this.end = end;
    this.column = 0;
    this.rest = 0;
    this.next = -1;
  }

  /** Columns of white space before the next character, and where that is. Looked for once a line: deep nesting asks at every level. */
  indentation(): { columns: number; next: number } {
    if (this.next < this.at) {
      let column = this.column + this.rest;
      let next = this.at;
      for (; next < this.end; next++) {
        const code = this.text.charCodeAt(next);
        if (code === 32) column++;
        else if (code === 9) column += 4 - (column % 4);
        else break;
      }
      this.next = next;
      this.nextColumn = column;
    }
    return { columns: this.nextColumn - this.column, next: this.next };
  }

  /** Consumes white space worth `columns`; a tab may be taken in part. */
  takeColumns(columns: number): void {
    let left = columns;
    if (this.rest > 0) {
      const part = Math.min(this.rest, left);
      this.rest -= part;
      this.column += part;
      left -= part;
    }
    while (left > 0 && this.at < this.end) {
      const tab = this.text.charCodeAt(this.at) === 9;
      const width = tab ? 4 - (this.column % 4) : 1;
      this.at++;
      const part = Math.min(width, left);
      this.column += part;
      this.rest = width - part;
      left -= part;
    }
  }

  /** Consumes everything before an offset at or behind the next character that is no white space. */
  takeTo(offset: number): void {
    const { columns, next } = this.indentation();
    this.column += columns + offset - next;
    this.rest = 0;
    this.at = offset;
  }
}
