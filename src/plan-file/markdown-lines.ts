/** Lines of a text with their exact offsets; CRLF, LF and lone CR all end a line, as in CommonMark. */

/** Start and end (without line ending) of every line, in UTF-16 offsets. */
export class LineIndex {
  readonly text: string;
  /** Offset of each line's first character; a BOM before the first line is not part of it. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];

  constructor(text: string) {
    const starts: number[] = [];
    const ends: number[] = [];
    let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== 10 && code !== 13) continue;
      starts.push(start);
      ends.push(at);
      if (code === 13 && text.charCodeAt(at + 1) === 10) at++;
      start = at + 1;
    }
    if (start < text.length) {
      starts.push(start);
      ends.push(text.length);
    }
    this.text = text;
    this.starts = starts;
    this.ends = ends;
  }

  /** How many lines there are; 0 for an empty text. */
  get count(): number {
    return this.starts.length;
  }

  /** The text of a line (1-based) without its ending; '' beyond the last. */
  line(line: number): string {
    return this.text.slice(this.starts[line - 1] ?? 0, this.ends[line - 1] ?? 0);
  }

  /** Whether a line (1-based) holds nothing but spaces and tabs. */
  blank(line: number): boolean {
    const end = this.ends[line - 1] ?? 0;
    for (let at = this.starts[line - 1] ?? 0; at < end; at++) {
      const code = this.text.charCodeAt(at);
      if (code !== 32 && code !== 9) return false;
    }
    return true;
  }

  /** The 1-based line that holds an offset. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** 1-based line and column (UTF-16 units; a BOM is not counted) of an offset. */
  place(offset: number, endOffset?: number): { readonly line: number; readonly column: number; readonly endColumn?: number } {
    const line = this.lineAt(offset);
    const start = this.starts[line - 1] ?? 0;
    const column = offset - start + 1;
    if (endOffset === undefined || endOffset <= offset) return { line, column };
    return { line, column, endColumn: Math.min(endOffset, this.ends[line - 1] ?? endOffset) - start + 1 };
  }
}
