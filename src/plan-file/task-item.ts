/** One list item with a checkbox read as a task: id, title, annotations, body, script, files. */
import { readAnnotations, withoutSpans, type Annotations, type AnnotationScope } from './annotations.js';
import type { IdGrammar } from './ids.js';
import { offsetAt, paragraphText, plain, type InlineText } from './inline.js';
import type { Block, FenceBlock, ItemBlock, MarkdownDocument, ParagraphBlock } from './markdown-blocks.js';
import type { Remarks } from './source.js';

/** How much of a title and of an inherited or own body is kept, in characters. */
const maxTitle = 2000;
const maxBody = 200_000;
/** A line shorter than this was not cut by hand: what follows is text of its own, no more of the title. */
const wrapWidth = 60;

/** The blocks of a document by what holds them. */
export class BlockTree {
  readonly document: MarkdownDocument;
  /** First child and next sibling by index (the file's blocks under the last place), -1 for none: maps of lists cost too much on big files. */
  private readonly first: Int32Array;
  private readonly next: Int32Array;

  constructor(document: MarkdownDocument) {
    this.document = document;
    const { blocks } = document;
    this.first = new Int32Array(blocks.length + 1).fill(-1);
    this.next = new Int32Array(blocks.length).fill(-1);
    for (let index = blocks.length - 1; index >= 0; index--) {
      const parent = blocks[index]?.parent ?? -1;
      const place = parent < 0 ? blocks.length : parent;
      this.next[index] = this.first[place] ?? -1;
      this.first[place] = index;
    }
  }

  /** What an item (or, for -1, the file) holds directly, in order. */
  of(index: number): Block[] {
    const { blocks } = this.document;
    const found: Block[] = [];
    for (let at = this.first[index < 0 ? blocks.length : index] ?? -1; at >= 0; at = this.next[at] ?? -1) {
      const block = blocks[at];
      if (block) found.push(block);
    }
    return found;
  }

  /** The first paragraph of an item, when it begins with one. */
  lead(item: ItemBlock): ParagraphBlock | undefined {
    const lead = item.lead === undefined ? undefined : this.document.blocks[item.lead];
    return lead?.kind === 'paragraph' ? lead : undefined;
  }
}

/** The first line or lines of a task, taken apart. */
export interface TaskLine {
  readonly inline: InlineText;
  readonly id: string | undefined;
  /** File offsets of the id, or of the title when there is none. */
  readonly offset: number;
  readonly endOffset: number;
  readonly title: string;
  readonly annotations: Annotations;
  readonly done: boolean;
  /** `[ ]*` and `2.3*`: Kiro's optional tasks. */
  readonly starred: boolean;
  /** Labels before the title such as `P` and `US1` of `[P] [US1]`, `(P)`. */
  readonly labels: readonly string[];
  /** Marks behind the title: `[SEQUENTIAL]`, `[PARALLEL]`. */
  readonly marks: readonly string[];
  /** How many of the lead paragraph's lines the title took. */
  readonly lines: number;
}

/** Whether the character between the brackets says done. */
export function isDone(mark: string): boolean {
  return mark !== '' && 'xX✓✔☑✅√'.includes(mark);
}

/** The lead paragraph of an item without its checkbox. */
export function leadText(tree: BlockTree, item: ItemBlock, lines?: number): InlineText | undefined {
  const lead = tree.lead(item);
  if (!lead) return undefined;
  return paragraphText(tree.document, lead, item.checkbox ? item.checkbox.offset + 2 : 0, lines);
}

const blank = /\s*/y;
const decoration = /[\s*_~`]*/y;
const closing = /[*_~`\])]*[.:)、：]?[*_~`\])]*/y;
const dash = /\s*[-–—:：]\s+/y;
const label = /\s*(?:\[([A-Za-z][A-Za-z0-9 _/,-]{0,30})\](?!\()|\((P)\))/y;

function sticky(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** How a format writes its tasks. */
export interface LineRules {
  /** Whether labels such as `[P] [US1]` and `(P)` may stand between id and title, or `(P)` behind the title. */
  readonly labels: boolean;
  readonly scope: AnnotationScope;
}

/** Reads a task's first lines. */
export function readTaskLine(
  tree: BlockTree,
  item: ItemBlock,
  grammar: IdGrammar,
  remarks: Remarks,
  { labels, scope }: LineRules,
): TaskLine | undefined {
  const lead = tree.lead(item);
  const checkbox = item.checkbox;
  const inline = leadText(tree, item, 50);
  if (!lead || !inline || !checkbox) return undefined;
  const { text } = inline;
  let at = 0;
  let starred = false;
  const star = /^\\?\*(?=\s)/.exec(text);
  if (star) {
    starred = true;
    at = star[0].length;
  }
  at += sticky(decoration, text, at).length;
  const word = sticky(/(?:sub-?)?tasks?\s{1,3}(?=#?[\dT])#?/iy, text, at).length;
  const bracket = text.charAt(at) === '[' && /^[^\]\s]{1,40}\](?!\()/.test(text.slice(at + 1, at + 44)) ? 1 : 0;
  const idAt = at + word + (word === 0 ? bracket : 0);
  const id = grammar(text, idAt);
  const found: string[] = [];
  if (id !== undefined) {
    at = idAt + id.length;
    if (text.charAt(at) === '*' && !starred && /[\s.]/.test(text.charAt(at + 1) || ' ') && !/\*/.test(text.slice(0, idAt))) {
      starred = true;
      at++;
    }
    at += sticky(closing, text, at).length;
    if (labels) at = takeLabels(text, at, found);
    at += sticky(dash, text, at).length;
    if (labels) at = takeLabels(text, at, found);
  } else at = (star?.[0].length ?? 0) + sticky(blank, text, star?.[0].length ?? 0).length;
  const lines = titleLines(tree.document, lead);
  const annotations = readAnnotations(inline, remarks, scope);
  const end = lines * 2 < lead.segments.length ? (inline.parts[lines]?.at ?? text.length) : text.length;
  const spans = annotations.spans.filter((span) => span.at >= at && span.at < end);
  const marks: string[] = [];
  const title = withoutMarks(
    plain(
      withoutSpans(
        text.slice(at, end),
        spans.map((span) => ({ at: span.at - at, end: Math.min(span.end, end) - at })),
      ),
    ),
    marks,
  );
  const trailing = labels ? /\s+\(P\)$/.exec(title) : null;
  if (trailing) found.push('P');
  const from = id === undefined ? Math.min(at, Math.max(0, text.length - 1)) : idAt;
  return {
    inline,
    id,
    offset: offsetAt(inline, from),
    endOffset: id === undefined ? offsetAt(inline, Math.max(from, Math.min(end, text.length) - 1)) + 1 : offsetAt(inline, from) + id.length,
    title: (trailing ? title.slice(0, trailing.index) : title).slice(0, maxTitle),
    annotations,
    done: isDone(checkbox.mark),
    starred,
    labels: found,
    marks,
    lines,
  };
}

function takeLabels(text: string, from: number, found: string[]): number {
  let at = from;
  for (let count = 0; count < 8; count++) {
    label.lastIndex = at;
    const match = label.exec(text);
    if (!match) break;
    found.push(match[1] ?? match[2] ?? '');
    at += match[0].length;
  }
  return at;
}

/** Takes `[SEQUENTIAL]` and `[PARALLEL]` off the end of a title. */
function withoutMarks(title: string, marks: string[]): string {
  let left = title;
  for (;;) {
    const mark = /\s*\[(SEQUENTIAL|PARALLEL)\]$/i.exec(left.slice(-40));
    if (!mark) return left.replace(/^[-–—:]\s+/, '').trim();
    marks.push((mark[1] ?? '').toUpperCase());
    left = left.slice(0, left.length - mark[0].length).trimEnd();
  }
}

/** How many lines of a lead paragraph are its title: more than one only where the author cut a long line. */
function titleLines(document: MarkdownDocument, lead: ParagraphBlock): number {
  let count = 1;
  for (let index = 2; index < lead.segments.length && count < 8; index += 2) {
    const before = document.text.slice(lead.segments[index - 2], lead.segments[index - 1]);
    const line = document.lines.starts[lead.line + count - 2] ?? 0;
    const width = displayWidth(document.text, line, lead.segments[index - 1] ?? 0);
    const text = document.text.slice(lead.segments[index], Math.min(lead.segments[index + 1] ?? 0, (lead.segments[index] ?? 0) + 40));
    if (width < wrapWidth || /(?: {2,}|\\|[:：]\s*)$/.test(before) || /^(?:_[A-Z(]|[a-z\d]\)|→|\*\*|[A-Z][a-z]+:|pipeline-start|VERIFY|\|)/.test(text)) break;
    count++;
  }
  return count;
}

/** Columns that a stretch takes, as far as it matters here: what is written in Chinese, Japanese or Korean is twice as wide. */
function displayWidth(text: string, from: number, to: number): number {
  let width = to - from;
  for (let at = from; at < to && width < wrapWidth; at++) if (text.charCodeAt(at) >= 0x2e80) width++;
  return width;
}

/** The item's lines behind its title without the items in `except`, dedented, without blank lines at either end. */
export function bodyOf(tree: BlockTree, item: ItemBlock, titleLineCount: number, except: readonly ItemBlock[]): string {
  const { lines } = tree.document;
  const lead = tree.lead(item);
  const out: string[] = [];
  let length = 0;
  let next = 0;
  for (let line = (lead?.line ?? item.line) + titleLineCount; line <= item.lastLine && length < maxBody; line++) {
    while ((except[next]?.lastLine ?? Infinity) < line) next++;
    const skip = except[next];
    if (skip && skip.line <= line) {
      line = skip.lastLine;
      continue;
    }
    const text = dedent(lines.line(line), item.column);
    out.push(text);
    length += text.length + 1;
  }
  const first = out.findIndex((text) => text.trim() !== '');
  const last = out.findLastIndex((text) => text.trim() !== '');
  return first < 0 ? '' : out.slice(first, last + 1).join('\n');
}

/** A line without up to `columns` columns of indentation; a tab that reaches beyond becomes spaces. */
function dedent(line: string, columns: number): string {
  let column = 0;
  let at = 0;
  while (at < line.length && column < columns) {
    const code = line.charCodeAt(at);
    if (code === 9) column += 4 - (column % 4);
    else if (code === 32) column++;
    else break;
    at++;
  }
  return ' '.repeat(Math.max(0, column - columns)) + line.slice(at);
}

/** Whether a fence holds what the shell executor runs. */
export function isScript(block: Block): block is FenceBlock {
  return block.kind === 'fence' && !block.quoted && /^(?:sh|bash|shell)(?![\w-])/i.test(block.info);
}

/** A fence's content as a script. */
export function scriptOf(fence: FenceBlock): string {
  return fence.lines.map((line) => `${line}\n`).join('');
}
