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

const ofTasks = /\b(?:tasks?|titles?|description|summary|feature|story|item|work)\b|任务|タスク|作業/i;

/** Says of a file without phases what it has instead of tasks: the rows of a table, or nothing with a checkbox. */
export function remarkNoPhases(remarks: Remarks, document: MarkdownDocument): void {
  if (document.blocks.some((block) => block.kind === 'item' && block.checkbox !== undefined)) {
    remarks.warn('no-phases', 'this file has no phase', 0, undefined, 'a phase is a heading such as “## Phase 1: Name”');
    return;
  }
  const table = document.blocks.find((block) => {
    if (block.kind !== 'paragraph' || block.quoted || block.segments.length < 6) return false;
    const [head = '', rule = ''] = [0, 2].map((at) => document.text.slice(block.segments[at], Math.min(block.segments[at + 1] ?? 0, (block.segments[at] ?? 0) + 1000)));
    return head.includes('|') && ofTasks.test(head) && /^[\s|:-]+$/.test(rule);
  });
  const offset = table?.kind === 'paragraph' ? (table.segments[0] ?? 0) : 0;
  remarks.warn('no-tasks', table ? 'this file has no task: rows of a table are none' : 'this file has no task', offset, undefined, 'write each as a line “- [ ] Title” under a heading');
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
