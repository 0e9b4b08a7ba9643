/** Which lines of a paragraph in a native plan say something about phases and order: VERIFY, execution notes, pipeline-start. */
import type { MarkdownDocument, ParagraphBlock } from './markdown-blocks.js';

const opening = /^[*_]{0,2}(?:VERIFY|execution notes?|pipeline-start)\b/i;

/** A stretch of a paragraph's segments, `from` and `to` as indexes of them. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A paragraph from a segment on, cut into statements: each line that begins anew begins one. */
export function* statements({ text }: MarkdownDocument, paragraph: ParagraphBlock, from: number): Generator<Stretch> {
  let start = from;
  for (let index = from + 2; index <= paragraph.segments.length; index += 2) {
    const line = text.slice(paragraph.segments[index], paragraph.segments[index + 1]);
    if (index < paragraph.segments.length && !opening.test(line) && !/^(?:\*\*|__)/.test(line)) continue;
    yield { from: start, to: index };
    start = index;
  }
}

/** The first segment behind a task's first line that is less indented than the task's text and begins a statement; undefined for none. */
export function lazyStatement({ text, lines }: MarkdownDocument, paragraph: ParagraphBlock, column: number): number | undefined {
  for (let index = 2; index < paragraph.segments.length; index += 2) {
    const start = paragraph.segments[index] ?? 0;
    const indent = start - (lines.starts[paragraph.line - 1 + index / 2] ?? start);
    if (indent < column && opening.test(text.slice(start, Math.min(paragraph.segments[index + 1] ?? start, start + 60)))) return index;
  }
  return undefined;
}
