/** The blocks of a Markdown file: headings, list items, paragraphs, fences, HTML, indented code. */
import type { LineIndex } from './markdown-lines.js';

/** What every block says of itself. */
export interface Common {
  /** Position in the document's `blocks`. */
  readonly index: number;
  /** Index of the list item that holds the block; -1 at the top. */
  readonly parent: number;
  /** Stands in a block quote, directly or through a list. */
  readonly quoted: boolean;
  /** First line, from 1. */
  readonly line: number;
  /** Last line that belongs to it (for an item: with all that it holds, less blank lines at the end). */
  lastLine: number;
}

export interface HeadingBlock extends Common {
  kind: 'heading';
  level: number;
  start: number;
  end: number;
}

export interface ItemBlock extends Common {
  readonly kind: 'item';
  /** The number before the delimiter; undefined for a bullet. */
  readonly ordered: number | undefined;
  /** Offset of the marker's first character. */
  readonly marker: number;
  /** Column from 0 (tabs to four) at which the item's content begins. */
  readonly column: number;
  /** `[ ]` at the start of the item's first paragraph: offset of the character between the brackets. */
  checkbox?: { readonly offset: number; readonly mark: string };
  /** Index of the item's first block when it is a paragraph. */
  lead?: number;
}

export interface ParagraphBlock extends Common {
  readonly kind: 'paragraph';
  /** Start and end offsets of each line, one after the other, without indentation. */
  readonly segments: number[];
}

export interface FenceBlock extends Common {
  readonly kind: 'fence';
  readonly info: string;
  /** The content's lines, without the containers' prefixes and the fence's own indentation. */
  readonly lines: string[];
  closed: boolean;
}

export interface OtherBlock extends Common {
  readonly kind: 'code' | 'html' | 'comment' | 'rule';
}

export type Block = HeadingBlock | ItemBlock | ParagraphBlock | FenceBlock | OtherBlock;

/** A Markdown file cut into blocks, in file order; an item stands before what it holds. */
export interface MarkdownDocument {
  readonly text: string;
  readonly lines: LineIndex;
  readonly blocks: readonly Block[];
  /** YAML between leading `---` lines; `line` is the file line on which it begins. */
  readonly frontMatter: { readonly text: string; readonly line: number } | undefined;
}
