/** Text inside a heading or paragraph: its lines joined, each character still knowing its place in the file. */
import type { HeadingBlock, MarkdownDocument, ParagraphBlock } from './markdown-blocks.js';

/** Joined text of one or more source lines (a line end is one space) and the way back to the file's offsets. */
export interface InlineText {
  readonly text: string;
  /** The same text with code spans and HTML comments blanked out by U+0000, so that what they hold is not taken for syntax. */
  readonly masked: string;
  /** Where each source line begins in `text`, and its offset in the file. */
  readonly parts: readonly { readonly at: number; readonly offset: number }[];
}

/** The file offset of a position in the joined text. */
export function offsetAt(inline: InlineText, at: number): number {
  let low = 0;
  let high = inline.parts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((inline.parts[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const part = inline.parts[low];
  return part ? part.offset + at - part.at : 0;
}

/** A heading's text. */
export function headingText(document: MarkdownDocument, heading: HeadingBlock): InlineText {
  return fromText(document.text.slice(heading.start, heading.end), heading.start);
}

/** A paragraph's text; `from` is the file offset at which to begin on its first line, `lines` how many lines to take at most. */
export function paragraphText(
  document: MarkdownDocument,
  paragraph: ParagraphBlock,
  from = 0,
  lines = Number.MAX_SAFE_INTEGER,
): InlineText {
  const parts: { at: number; offset: number }[] = [];
  const pieces: string[] = [];
  let at = 0;
  for (let index = 0; index < paragraph.segments.length && index / 2 < lines; index += 2) {
    const start = Math.max(from, paragraph.segments[index] ?? 0);
    const piece = document.text.slice(start, paragraph.segments[index + 1]);
    parts.push({ at, offset: start });
    pieces.push(piece);
    at += piece.length + 1;
  }
  const text = pieces.join(' ');
  return { text, masked: mask(text), parts };
}

/** One stretch of the file as inline text. */
function fromText(text: string, offset: number): InlineText {
  return { text, masked: mask(text), parts: [{ at: 0, offset }] };
}

const blanks = (length: number): string => '\u0000'.repeat(length);

/** Blanks out code spans and HTML comments; linear, whatever runs of backticks stand in the text. */
function mask(text: string): string {
  if (!text.includes('`') && !text.includes('<!--')) return text;
  const runs = backtickRuns(text);
  const pieces: string[] = [];
  let comment = text.indexOf('<!--');
  let at = 0;
  let from = 0;
  while (at < text.length) {
    const tick = text.indexOf('`', at);
    if (comment >= 0 && comment < at) comment = text.indexOf('<!--', at);
    const next = tick < 0 ? comment : comment < 0 ? tick : Math.min(tick, comment);
    if (next < 0) break;
    let end = next;
    if (next === comment) {
      const close = text.indexOf('-->', next + 4);
      end = close < 0 ? text.length : close + 3;
    } else {
      while (text.charCodeAt(end) === 96) end++;
      const close = runs.closing(end, end - next);
      if (close < 0) {
        at = end;
        continue;
      }
      end = close;
    }
    pieces.push(text.slice(from, next), blanks(end - next));
    from = end;
    at = end;
  }
  pieces.push(text.slice(from));
  return pieces.join('');
}

/** Where runs of backticks of each length stand; asked from left to right. */
function backtickRuns(text: string): { closing(from: number, length: number): number } {
  const starts = new Map<number, { positions: number[]; next: number }>();
  for (let at = text.indexOf('`'); at >= 0;) {
    let end = at;
    while (text.charCodeAt(end) === 96) end++;
    const known = starts.get(end - at);
    if (known) known.positions.push(at);
    else starts.set(end - at, { positions: [at], next: 0 });
    at = text.indexOf('`', end);
  }
  return {
    closing(from, length) {
      const runs = starts.get(length);
      if (!runs) return -1;
      while ((runs.positions[runs.next] ?? Infinity) < from) runs.next++;
      const start = runs.positions[runs.next];
      return start === undefined ? -1 : start + length;
    },
  };
}

/** A title as people read it: without comments, emphasis marks and superfluous white space; code keeps its backticks. */
export function plain(text: string): string {
  if (!text.includes('**') && !text.includes('~~') && !text.includes('<!--')) return squeezed(text);
  const masked = mask(text);
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = masked.charCodeAt(at);
    let end = at;
    if (code === 0 && text.startsWith('<!--', at)) {
      const close = text.indexOf('-->', at + 4);
      end = close < 0 ? text.length : close + 3;
    } else if ((code === 42 || code === 126) && masked.charCodeAt(at + 1) === code) end = at + 2;
    else continue;
    pieces.push(text.slice(from, at));
    from = end;
    at = end - 1;
  }
  pieces.push(text.slice(from));
  return squeezed(pieces.join(''));
}

function squeezed(text: string): string {
  return (/[\t\r\n\f\v\u00a0]| {2}/.test(text) ? text.replace(/\s+/g, ' ') : text).trim();
}

/** One `( … )` of the text. */
export interface Group {
  /** Positions of the parentheses; `close` is -1 for one that is never closed. */
  readonly open: number;
  readonly close: number;
  readonly content: string;
}

/** The parentheses of a text in order of their opening, inner ones too; code and comments left out. */
export function groups(inline: InlineText): Group[] {
  const found: Group[] = [];
  const opens: number[] = [];
  const { masked, text } = inline;
  if (!/[(\uff08]/.test(masked)) return found;
  for (let at = 0; at < masked.length; at++) {
    const code = masked.charCodeAt(at);
    if (code === 40 || code === 0xff08) opens.push(at);
    if ((code !== 41 && code !== 0xff09) || opens.length === 0) continue;
    const open = opens.pop() ?? 0;
    found.push({ open, close: at, content: text.slice(open + 1, at) });
  }
  for (const open of opens.slice(0, 20)) found.push({ open, close: -1, content: text.slice(open + 1) });
  return found.sort((a, b) => a.open - b.open);
}
