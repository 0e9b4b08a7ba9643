/** The list items and block quotes that are open while a Markdown file is cut into blocks, and which of them a line continues. */
import { assert } from '../base/assert.js';
import type { LineCursor } from './line-cursor.js';

/** A list item or a block quote that is open. */
export interface Container {
  readonly quote: boolean;
  /** Index of the item's block; for a quote that of the nearest item, -1 for none. */
  readonly item: number;
  /** Columns of indentation that an item's further lines need. */
  readonly width: number;
  readonly quoted: boolean;
  empty: boolean;
}

/** The open containers, the outermost first. */
export class Containers {
  private readonly text: string;
  private readonly cursor: LineCursor;
  private readonly open: Container[] = [];
  /** Indexes in `open` of block quotes: on a blank line they alone can end. */
  private readonly quotes: number[] = [];

  constructor(text: string, cursor: LineCursor) {
    this.text = text;
    this.cursor = cursor;
  }

  /** How many are open. */
  get depth(): number {
    return this.open.length;
  }

  /** Index of the innermost item's block, -1 for none. */
  get item(): number {
    return this.open.at(-1)?.item ?? -1;
  }

  /** Whether a block quote is among them. */
  get quoted(): boolean {
    return this.open.at(-1)?.quoted ?? false;
  }

  /** Whether the innermost is an item that holds nothing yet. */
  get beginsItem(): boolean {
    const innermost = this.open.at(-1);
    return innermost !== undefined && !innermost.quote && innermost.empty;
  }

  /** Opens one inside of the others. */
  push(container: Container): void {
    const outer = this.open.at(-1);
    if (container.quote) {
      if (outer) outer.empty = false;
      this.quotes.push(this.open.length);
    }
    this.open.push(container.quoted || !outer?.quoted ? container : { ...container, quoted: true });
  }

  /** Ends the innermost. */
  pop(): Container {
    const container = this.open.pop();
    assert(container, 'a container is open');
    if (container.quote) this.quotes.pop();
    return container;
  }

  /** Something stands in the innermost now. */
  fill(): void {
    const innermost = this.open.at(-1);
    if (innermost) innermost.empty = false;
  }

  /** How many of them the line continues; takes their marks and indentation off it. `inLeaf`: a paragraph or the like is open in the innermost. */
  match(inLeaf: boolean): number {
    if (this.cursor.indentation().next >= this.cursor.end) return this.matchBlankFrom(0, inLeaf);
    for (let index = 0; index < this.open.length; index++) {
      const container = this.open[index];
      assert(container, 'a container stands at every index');
      const { columns, next } = this.cursor.indentation();
      if (container.quote) {
        if (columns > 3 || this.text.charCodeAt(next) !== 62) return index;
        this.takeQuoteMark(next);
        if (this.cursor.indentation().next >= this.cursor.end) return this.matchBlankFrom(index + 1, inLeaf);
      } else if (columns >= container.width) this.cursor.takeColumns(container.width);
      else return index;
    }
    return this.open.length;
  }

  /** Takes a `>` and the blank behind it off the line. */
  takeQuoteMark(next: number): void {
    this.cursor.takeTo(next + 1);
    const code = this.text.charCodeAt(this.cursor.at);
    if (this.cursor.at < this.cursor.end && (code === 32 || code === 9)) this.cursor.takeColumns(1);
  }

  /** A blank line continues every item (an item without content gives up at its second line), and ends every quote. */
  private matchBlankFrom(from: number, inLeaf: boolean): number {
    const quote = this.quotes.find((index) => index >= from) ?? this.open.length;
    const last = this.open.length - 1;
    if (quote > last && last >= from && this.open[last]?.empty && !inLeaf) return last;
    if (quote > last) this.takeBlankIndent(from);
    return quote;
  }

  /** Takes the items' indentation off a blank line, so that a fence keeps only what is its own. */
  private takeBlankIndent(from: number): void {
    for (let index = from; index < this.open.length && this.cursor.at < this.cursor.end; index++)
      this.cursor.takeColumns(this.open[index]?.width ?? 0);
  }
}
