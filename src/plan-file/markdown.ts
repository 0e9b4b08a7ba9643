/**
 * The block structure of a Markdown file, after CommonMark with GFM task items: headings, list items, paragraphs, fences, HTML,
 * indented code and what stands in block quotes, each with exact places. One pass, linear in the text: a plan of 10 MB or 10,000
 * nested bullets is read in a second or two, where the general parsers take minutes. Tests hold it against mdast.
 */
import { assert } from '../base/assert.js';
import { Containers } from './markdown-containers.js';
import { frontMatter } from './front-matter.js';
import { LineCursor } from './line-cursor.js';
import type { Block, Common, FenceBlock, ItemBlock, MarkdownDocument, OtherBlock, ParagraphBlock } from './markdown-blocks.js';
import { LineIndex } from './markdown-lines.js';
import {
  atxHeading,
  checkboxMark,
  closesFence,
  holdsMark,
  htmlBlock,
  listMarker,
  openingFence,
  opensInside,
  ruleEnd,
  setextLevel,
  skipBlanks,
  trimEnd,
  type HtmlEnd,
} from './markdown-syntax.js';

type Leaf =
  | { readonly kind: 'paragraph'; readonly block: ParagraphBlock }
  | {
      readonly kind: 'fence';
      readonly block: FenceBlock;
      readonly code: number;
      readonly length: number;
      readonly indent: number;
      /** Fences open inside of it, where they are counted. */
      inner: number;
    }
  | { readonly kind: 'html'; readonly block: OtherBlock; readonly end: HtmlEnd }
  | { readonly kind: 'code'; readonly block: OtherBlock };

/** Cuts a text into Markdown blocks. */
export function scanMarkdown(text: string): MarkdownDocument {
  return new Scanner(text, false).run();
}

/**
 * Cuts a text as its author meant it: in a ```markdown block that shows other fenced blocks, their fences of the same length come in
 * pairs and do not end it. Where that leaves a block open to the end of the file, it is cut as Markdown says.
 */
export function scanNestedMarkdown(text: string): MarkdownDocument {
  if (!/^[ \t]{0,12}(?:`{3,}|~{3,})[ \t]{0,3}(?:markdown|mdx?)\b/im.test(text)) return scanMarkdown(text);
  const nested = new Scanner(text, true).run();
  return nested.blocks.some((block) => block.kind === 'fence' && !block.closed) ? scanMarkdown(text) : nested;
}

class Scanner {
  private readonly text: string;
  private readonly nestedFences: boolean;
  private readonly lines: LineIndex;
  private readonly blocks: Block[] = [];
  private readonly containers: Containers;
  private leaf: Leaf | undefined;
  private line = 0;
  private lastFilled = 0;
  private readonly cursor: LineCursor;
  /** On this line no rule begins before here: another character was found. */
  private noRuleBefore = 0;

  constructor(text: string, nestedFences: boolean) {
    this.text = text;
    this.nestedFences = nestedFences;
    this.lines = new LineIndex(text);
    this.cursor = new LineCursor(text);
    this.containers = new Containers(text, this.cursor);
  }

  run(): MarkdownDocument {
    const matter = frontMatter(this.lines);
    for (let line = matter ? matter.last + 1 : 1; line <= this.lines.count; line++) {
      this.line = line;
      this.cursor.begin(this.lines.starts[line - 1] ?? 0, this.lines.ends[line - 1] ?? 0);
      this.noRuleBefore = 0;
      this.takeLine();
      if (!this.lines.blank(line)) this.lastFilled = line;
    }
    this.line = this.lines.count + 1;
    this.closeContainers(0);
    return { text: this.text, lines: this.lines, blocks: this.blocks, frontMatter: matter && { text: matter.text, line: 2 } };
  }

  private takeLine(): void {
    const matched = this.containers.match(this.leaf !== undefined);
    if (matched === this.containers.depth && this.leaf && this.leaf.kind !== 'paragraph' && this.continueLeaf(this.leaf)) return;
    this.openBlocks(matched);
  }

  private continueLeaf(leaf: Exclude<Leaf, { kind: 'paragraph' }>): boolean {
    const { columns, next } = this.cursor.indentation();
    if (leaf.kind === 'fence') {
      leaf.block.lastLine = this.line;
      if (this.nestedFences && opensInside(this.text, next, this.cursor.end, leaf)) leaf.inner++;
      else if (leaf.inner > 0 && closesFence(this.text, next, this.cursor.end, leaf.code, leaf.length)) leaf.inner--;
      else if (columns < 4 && closesFence(this.text, next, this.cursor.end, leaf.code, leaf.length)) {
        leaf.block.closed = true;
        this.leaf = undefined;
        return true;
      }
      this.cursor.takeColumns(Math.min(columns, leaf.indent));
      leaf.block.lines.push(' '.repeat(this.cursor.rest) + this.text.slice(this.cursor.at, this.cursor.end));
      return true;
    }
    if (leaf.kind === 'code') {
      if (next < this.cursor.end && columns < 4) {
        this.leaf = undefined;
        return false;
      }
      if (next < this.cursor.end) leaf.block.lastLine = this.line;
      return true;
    }
    if (leaf.end.kind === 'blank' && next >= this.cursor.end) {
      this.leaf = undefined;
      return false;
    }
    leaf.block.lastLine = this.line;
    if (leaf.end.kind === 'text' && holdsMark(this.text, this.cursor.at, this.cursor.end, leaf.end.marks)) this.leaf = undefined;
    return true;
  }

  /** Opens whatever begins on the rest of the line, after `matched` containers were continued. */
  private openBlocks(matched: number): void {
    let depth = matched;
    for (;;) {
      const open = this.leaf?.kind === 'paragraph' ? this.leaf.block : undefined;
      const inParagraph = open !== undefined && depth === this.containers.depth;
      const { columns, next } = this.cursor.indentation();
      if (next >= this.cursor.end) {
        this.closeContainers(depth);
        return;
      }
      if (columns >= 4) {
        if (open) this.addText(open, next);
        else this.openCode(depth);
        return;
      }
      if (this.text.charCodeAt(next) === 62) {
        this.closeContainers(depth);
        this.containers.takeQuoteMark(next);
        this.containers.push({ quote: true, item: this.containers.item, width: 0, quoted: true, empty: true });
        depth = this.containers.depth;
        continue;
      }
      if (this.openLeaf(depth, next, open, inParagraph)) return;
      if (!this.openItem(depth, columns, next, inParagraph)) {
        this.takeText(depth, open, next);
        return;
      }
      depth = this.containers.depth;
    }
  }

  /** Heading, fence, HTML, setext underline or rule: blocks that end the line. */
  private openLeaf(depth: number, next: number, open: ParagraphBlock | undefined, inParagraph: boolean): boolean {
    const code = this.text.charCodeAt(next);
    if (code === 35) {
      const heading = atxHeading(this.text, next, this.cursor.end);
      if (!heading) return false;
      this.closeContainers(depth);
      this.add({ kind: 'heading', ...heading, ...this.common() });
      return true;
    }
    if (code === 96 || code === 126) {
      const fence = openingFence(this.text, next, this.cursor.end);
      if (!fence) return false;
      const { columns } = this.cursor.indentation();
      this.closeContainers(depth);
      const block: FenceBlock = { kind: 'fence', info: fence.info, lines: [], closed: false, ...this.common() };
      this.add(block);
      this.leaf = { kind: 'fence', block, code: fence.code, length: fence.length, indent: columns, inner: 0 };
      return true;
    }
    if (code === 60) {
      const html = htmlBlock(this.text, next, this.cursor.end, inParagraph);
      if (!html) return false;
      this.closeContainers(depth);
      const block: OtherBlock = { kind: html.comment ? 'comment' : 'html', ...this.common() };
      this.add(block);
      const from = html.comment ? next + 2 : next;
      if (html.end.kind === 'blank' || !holdsMark(this.text, from, this.cursor.end, html.end.marks)) this.leaf = { kind: 'html', block, end: html.end };
      return true;
    }
    if (inParagraph && open) {
      const level = setextLevel(this.text, next, this.cursor.end);
      if (level > 0) {
        this.makeSetext(open, level);
        return true;
      }
    }
    if (next < this.noRuleBefore) return false;
    const other = ruleEnd(this.text, next, this.cursor.end);
    if (other !== undefined) {
      this.noRuleBefore = other;
      return false;
    }
    this.closeContainers(depth);
    this.add({ kind: 'rule', ...this.common() });
    return true;
  }

  private makeSetext(open: ParagraphBlock, level: number): void {
    const start = open.segments[0] ?? 0;
    const end = trimEnd(this.text, start, open.segments.at(-1) ?? start);
    const { index, parent, quoted, line } = open;
    this.blocks[index] = { kind: 'heading', level, start, end, index, parent, quoted, line, lastLine: this.line };
    const item = this.blocks[parent];
    if (item?.kind === 'item' && item.lead === index) {
      delete item.lead;
      delete item.checkbox;
    }
    this.leaf = undefined;
  }

  private openItem(depth: number, columns: number, next: number, inParagraph: boolean): boolean {
    const marker = listMarker(this.text, next, this.cursor.end);
    if (!marker) return false;
    const after = next + marker.length;
    const blank = skipBlanks(this.text, after, this.cursor.end) >= this.cursor.end;
    if (inParagraph && (blank || (marker.ordered !== undefined && marker.ordered !== 1))) return false;
    this.closeContainers(depth);
    this.cursor.takeTo(after);
    const spaces = this.cursor.indentation().columns;
    const padding = blank || spaces > 4 || spaces < 1 ? 1 : spaces;
    const taken = blank ? Math.min(1, spaces) : padding;
    this.cursor.takeColumns(taken);
    const column = this.cursor.column + (blank ? 1 - taken : 0);
    const block: ItemBlock = { kind: 'item', ordered: marker.ordered, marker: next, column, ...this.common() };
    this.add(block);
    this.containers.push({ quote: false, item: block.index, width: columns + marker.length + padding, quoted: block.quoted, empty: true });
    return true;
  }

  private takeText(depth: number, open: ParagraphBlock | undefined, next: number): void {
    if (open) this.addText(open, next);
    else {
      this.closeContainers(depth);
      const block: ParagraphBlock = { kind: 'paragraph', segments: [], ...this.common() };
      if (this.containers.beginsItem) this.markLead(block, next);
      this.add(block);
      this.leaf = { kind: 'paragraph', block };
      this.addText(block, next);
    }
  }

  private addText(block: ParagraphBlock, next: number): void {
    block.segments.push(next, this.cursor.end);
    block.lastLine = this.line;
  }

  private markLead(block: ParagraphBlock, next: number): void {
    const item = this.blocks[block.parent];
    if (item?.kind !== 'item') return;
    item.lead = block.index;
    const mark = checkboxMark(this.text, next, this.cursor.end);
    if (mark !== undefined) item.checkbox = { offset: next + 1, mark };
  }

  private openCode(depth: number): void {
    this.closeContainers(depth);
    const block: OtherBlock = { kind: 'code', ...this.common() };
    this.add(block);
    this.leaf = { kind: 'code', block };
  }

  private common(): Common {
    return {
      index: this.blocks.length,
      parent: this.containers.item,
      quoted: this.containers.quoted,
      line: this.line,
      lastLine: this.line,
    };
  }

  private add(block: Block): void {
    this.containers.fill();
    this.blocks.push(block);
  }

  /** Ends the open leaf and every container from `depth` on. */
  private closeContainers(depth: number): void {
    this.leaf = undefined;
    while (this.containers.depth > depth) {
      const container = this.containers.pop();
      if (container.quote) continue;
      const block = this.blocks[container.item];
      assert(block, 'an item has its block');
      block.lastLine = Math.max(block.line, this.lastFilled);
    }
  }
}
