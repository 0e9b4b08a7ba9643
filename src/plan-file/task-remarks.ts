/** What the readers of checkbox lists say alike: boxes that stand nowhere, that are none, or that Markdown hides. */
import type { OpenTask } from './draft-task.js';
import type { DraftTask } from './draft.js';
import { offsetAt, type InlineText } from './inline.js';
import type { Block, ItemBlock } from './markdown-blocks.js';
import type { LineIndex } from './markdown-lines.js';
import { quote, type Remarks } from './source.js';
import type { TaskLine } from './task-item.js';

/** Titles of a task's parents, the outermost first, its own last; for the group of its subtasks. */
export function parents(parent: OpenTask | undefined): string[] {
  const found: string[] = [];
  for (let task: DraftTask | undefined = parent?.draft; task && found.length < 50; task = task.parent) found.unshift(task.title);
  return found;
}

/** The nearest task around an item whose id begins this one: `2.3.1` and `2.3a` belong to `2.3`, `2.4` does not. */
export function parentById(id: string, above: OpenTask, owner: ReadonlyMap<number, OpenTask>): OpenTask | undefined {
  for (let task: OpenTask | undefined = above; task; task = owner.get(task.item.parent)) {
    const own = task.draft.id;
    if (own !== '' && id.length > own.length && id.startsWith(own) && !(/\d$/.test(own) && /^\d/.test(id.slice(own.length)))) return task;
  }
  return undefined;
}

/** A checkbox with nothing behind it. */
export function remarkEmptyBox(remarks: Remarks, item: ItemBlock): void {
  remarks.warn('task-without-id', 'this checkbox has no text', item.marker, item.marker + 1, 'remove it or write a task');
}

/** Reports `1. **[ ] title**` and `- [] title`, which are no checkboxes in Markdown; false where the text is none. `at` is where its words begin. */
export function remarkFalseBox(remarks: Remarks, inline: InlineText, at: number, sample: string): boolean {
  if (!/^\[[ xX]{0,3}\](?!\()/.test(inline.text.slice(at, at + 6))) return false;
  remarks.warn(
    'checkbox-not-read',
    `${quote(inline.text)} has a checkbox that is no checkbox in Markdown, so it is not run`,
    offsetAt(inline, at),
    offsetAt(inline, at + 3),
    `write “${sample}”`,
  );
  return true;
}

/** An id without a checkbox. */
export function remarkNoBox(remarks: Remarks, text: string, id: string, offset: number): void {
  remarks.warn(
    'id-without-checkbox',
    `${quote(text)} has an id and no checkbox, so it is not run`,
    offset,
    offset + id.length,
    `write “- [ ] ${id} …”`,
  );
}

/** An id that stands where a task could: at the head of a heading or of an item without a checkbox. */
export interface Mention {
  readonly id: string;
  readonly text: string;
  readonly from: number;
}

/** Ids that stand alone, without a checkbox anywhere in the file, were meant as tasks. */
export function remarkMentions(remarks: Remarks, mentions: readonly Mention[], tasks: readonly OpenTask[]): void {
  const said = new Set(tasks.map((task) => task.draft.id));
  for (const mention of mentions) {
    if (said.has(mention.id)) continue;
    said.add(mention.id);
    remarkNoBox(remarks, mention.text, mention.id, mention.from);
  }
}

/** A parent that is marked as done over tasks that are not. */
export function remarkParentDone(remarks: Remarks, { id, done, children, offset, endOffset }: DraftTask): void {
  if (done && children.some((one) => one.children.length === 0 && !one.done && !one.optional))
    remarks.info('parent-done', `${id} is ticked, but not all of its tasks are; the tasks count`, offset, endOffset);
}

/** A checkbox without an id inside of a task. */
export interface InnerBox {
  readonly line: TaskLine;
  readonly task: OpenTask;
}

/** A task's own text is handed to who does it; that of a task with subtasks is nobody's. */
export function remarkInner(remarks: Remarks, boxes: readonly InnerBox[]): void {
  for (const { line, task } of boxes) {
    const last = task.draft.children.at(-1)?.id;
    if (last === undefined) continue;
    remarks.warn(
      'task-without-id',
      `${quote(line.inline.text)} stands beside the subtasks of ${task.draft.id} and has no id, so it is not run`,
      line.offset,
      line.endOffset,
      `give it an id such as ${last.replace(/\d+(?=\D*$)/, (number) => String(Number(number) + 1))}`,
    );
  }
}

/** Tasks without ids that were given some: one remark for all of them. */
export function remarkNamed(remarks: Remarks, tasks: readonly { readonly id: string; readonly offset: number; readonly endOffset: number }[]): void {
  const [first] = tasks;
  if (!first) return;
  const called = `it is called ${first.id}`;
  remarks.info(
    'task-without-id',
    tasks.length === 1 ? `this task has no id; ${called}` : `this task and ${tasks.length - 1} more have no id; ${called}, and so on`,
    first.offset,
    first.endOffset,
    `write “- [ ] ${first.id} …”`,
  );
}

/** Checkboxes that Markdown takes for HTML; `only` tells those that would be tasks. */
export function remarkBoxesInHtml(remarks: Remarks, lines: LineIndex, block: Block, only = /^\s{0,40}[-*+] \[[ xX]\] /): void {
  for (let line = block.line; line <= Math.min(block.lastLine, block.line + 500); line++) {
    const match = only.exec(lines.line(line).slice(0, 120));
    if (match)
      remarks.warn(
        'task-in-html',
        'Markdown reads this line as HTML, so it is no task',
        (lines.starts[line - 1] ?? 0) + match[0].search(/\S/),
        undefined,
        'put a blank line between the tag and the task',
      );
  }
}

/** Checkboxes that Markdown takes for indented code: one remark for a block of them. */
export function remarkBoxesInCode(remarks: Remarks, lines: LineIndex, block: Block): void {
  let first = -1;
  let count = 0;
  for (let line = block.line; line <= Math.min(block.lastLine, block.line + 500); line++) {
    const match = /^\s{0,40}[-*+] \[[ xX]\] /.exec(lines.line(line).slice(0, 120));
    if (!match) continue;
    count++;
    if (first < 0) first = (lines.starts[line - 1] ?? 0) + match[0].search(/\S/);
  }
  if (count === 0) return;
  const what = count === 1 ? 'this line' : `this line and ${count - 1} more`;
  remarks.warn('task-in-code', `Markdown reads ${what} as indented code, so it is no task`, first, undefined, 'indent tasks by less than four columns');
}

/** Checkboxes under no phase: one remark for a whole list of them. */
export class StrayBoxes {
  private readonly remarks: Remarks;
  private readonly hint: string;
  private open: { from: number; to: number; count: number; lastLine: number; where: string } | undefined;

  constructor(remarks: Remarks, hint: string) {
    this.remarks = remarks;
    this.hint = hint;
  }

  /** Takes one up; `where` says where the first of the list stands. */
  add(item: ItemBlock, line: TaskLine, where: string): void {
    this.open ??= { from: line.offset, to: line.endOffset, count: 0, lastLine: item.line, where };
    this.open.count++;
    this.open.lastLine = item.line;
  }

  /** Ends the list and reports it. */
  close(): void {
    const { open } = this;
    if (!open) return;
    this.open = undefined;
    const many = open.count === 1 ? 'this checkbox stands' : `${open.count} checkboxes (up to line ${open.lastLine}) stand`;
    this.remarks.warn('checkbox-outside-phase', `${many} ${open.where}: not run`, open.from, open.to, this.hint);
  }
}
