/** What in a native plan looks like a task or a note and stands where Markdown hides it. */
import { offsetAt, paragraphText } from './inline.js';
import type { Block, MarkdownDocument } from './markdown-blocks.js';
import type { LineIndex } from './markdown-lines.js';
import { isExecutionNote } from './notes.js';
import type { Remarks } from './source.js';
import { remarkBoxesInHtml } from './task-remarks.js';

const task = /^[\s]{0,40}[-*+] \[[ xX]\] [*`]{0,3}\d{1,9}\.\d/;

/** Reports tasks in a block of HTML or of indented code. */
export function remarkHiddenBoxes(remarks: Remarks, lines: LineIndex, block: Block): void {
  if (block.kind === 'html') return remarkBoxesInHtml(remarks, lines, block, task);
  for (let line = block.line; line <= Math.min(block.lastLine, block.line + 500); line++) {
    const match = task.exec(lines.line(line).slice(0, 120));
    if (match)
      remarks.info(
        'task-in-code',
        'Markdown reads this line as indented code, so it is no task',
        (lines.starts[line - 1] ?? 0) + match[0].search(/\S/),
        undefined,
        'indent it by less than four columns if it is one',
      );
  }
}

/** Reports an execution note in a block quote. */
export function remarkQuotedNote(remarks: Remarks, document: MarkdownDocument, block: Block): void {
  if (block.kind !== 'paragraph') return;
  const text = paragraphText(document, block, 0, 20);
  if (!isExecutionNote(text.text) || !/\[(?:SEQUENTIAL|PARALLEL)\]/i.test(text.masked)) return;
  remarks.warn(
    'note-in-quote',
    'this execution note stands in a block quote, so it was not taken',
    offsetAt(text, 0),
    undefined,
    'take the “>” away',
  );
}
