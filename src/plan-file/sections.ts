/** Where a reader stands in a file: its open headings and the words right above a list, which say what its checkboxes are. */
import type { DraftGroup, DraftTask } from './draft.js';
import { paragraphText, plain } from './inline.js';
import type { HeadingBlock, ItemBlock, MarkdownDocument, ParagraphBlock } from './markdown-blocks.js';
import { quote, type Remarks } from './source.js';
import { leadText, type BlockTree, type TaskLine } from './task-item.js';

/** A heading below which the reader stands. */
export interface OpenHeading {
  readonly level: number;
  /** '' for the file's title and for headings that are phases. */
  readonly title: string;
  readonly block: HeadingBlock;
  readonly group: DraftGroup | undefined;
}

/** How much of a title tells what stands below it. */
const maxTitle = 200;

/** The headings that are open, the outermost first, and the label of the list below them. */
export class Sections {
  private open: OpenHeading[] = [];
  private label = '';
  /** Plain items whose words set the checkboxes inside of them aside. */
  private readonly labels = new Map<number, string>();
  private readonly document: MarkdownDocument;
  private readonly isAside: (title: string) => boolean;

  /** `isAside` tells the titles of sections whose checkboxes are no tasks. */
  constructor(document: MarkdownDocument, isAside: (title: string) => boolean) {
    this.document = document;
    this.isAside = (title) => isAside(title.slice(0, maxTitle));
  }

  /** Closes what ends where a heading of this level stands. */
  close(level: number): void {
    this.label = '';
    while (this.open.length > 0 && (this.open.at(-1)?.level ?? 0) >= level) this.open.pop();
  }

  push(heading: OpenHeading): void {
    this.open.push(heading);
  }

  /** These words in bold stand right above what follows. */
  labelled(words: string): void {
    this.label = words;
  }

  /** `**Acceptance criteria:**` right above a list says what its checkboxes are; any other paragraph ends that. */
  takeParagraph(paragraph: ParagraphBlock): void {
    if (paragraph.parent >= 0) return;
    const inline = paragraph.segments.length > 2 ? undefined : paragraphText(this.document, paragraph, 0, 1);
    const text = inline && inline.text.length <= 120 ? inline.text.trim() : '';
    this.label = /[:：]\W{0,6}$/.test(text) || /^(?:\*\*|__)[^*_]+(?:\*\*|__)\W{0,6}$/.test(text) ? plain(text) : '';
  }

  /** A plain item may be such a label, too: `- **Acceptance criteria:**` over indented checkboxes. */
  takePlainItem(tree: BlockTree, item: ItemBlock): void {
    const above = this.labels.get(item.parent);
    const text = above ?? plain(leadText(tree, item, 1)?.text ?? '').slice(0, 120);
    if (above !== undefined || this.isAside(text)) this.labels.set(item.index, text);
  }

  /** The words that set a checkbox aside: a heading's, a label's, those of the item around it; undefined for a task. */
  aside(item: ItemBlock): string | undefined {
    const around = this.labels.get(item.parent);
    if (around !== undefined) return around;
    if (item.parent < 0 && this.isAside(this.label)) return this.label;
    return this.open.map((heading) => heading.title).find((title) => title !== '' && this.isAside(title));
  }

  /** Titles of the open headings that have one. */
  titles(): string[] {
    return this.open.map((heading) => heading.title).filter((title) => title !== '');
  }

  /** The innermost heading's title; '' for none. */
  innermost(): string {
    return this.open.at(-1)?.title ?? '';
  }

  /** The heading that is a phase when tasks stand below it: the outermost that is not the file's title. */
  section(): OpenHeading | undefined {
    return this.open.find((heading) => heading.level >= 2);
  }

  /** This heading has become a phase: it groups no tasks any more. */
  becomesPhase(heading: OpenHeading): void {
    this.open = this.open.map((one) => (one === heading ? { ...one, title: '' } : one));
  }

  /** The number of the innermost heading that has one. */
  groupId(): string | undefined {
    return this.open.findLast((heading) => heading.group !== undefined)?.group?.id;
  }

  /** The task stands for each open heading that has an id. */
  fill(task: DraftTask): void {
    for (const heading of this.open) heading.group?.tasks.push(task);
  }
}

/** A paragraph that is one line in bold, as the heading of the deepest level that its author meant; undefined for any other. */
export function boldHeading({ text }: MarkdownDocument, paragraph: ParagraphBlock): HeadingBlock | undefined {
  const [start = 0, end = 0, more] = paragraph.segments;
  if (paragraph.parent >= 0 || more !== undefined || end - start > 200) return undefined;
  const bold = /^(?:\*\*|__)[^*_].*(?:\*\*|__)[:：]?\s*$/.test(text.slice(start, end));
  const { index, parent, quoted, line, lastLine } = paragraph;
  return bold ? { kind: 'heading', level: 7, start, end, index, parent, quoted, line, lastLine } : undefined;
}

/** Checkboxes that say what to look at and not what to do: one remark for all of a file. */
export class SetAside {
  private readonly first: { readonly from: number; readonly to: number; readonly title: string }[] = [];
  private count = 0;

  add(line: TaskLine, title: string): void {
    this.count++;
    if (this.first.length < 3 && this.first.every((one) => one.title !== title)) this.first.push({ from: line.offset, to: line.endOffset, title });
  }

  /** Reports them at the first one. */
  report(remarks: Remarks): void {
    const [first] = this.first;
    if (!first) return;
    const where = this.first.map((one) => quote(one.title)).join(', ');
    remarks.info(
      'checkbox-set-aside',
      this.count === 1 ? `this checkbox stands under ${where}: not run` : `${this.count} checkboxes stand under ${where}${this.first.length === 3 ? ' and the like' : ''}: not run`,
      first.from,
      first.to,
      'what is to be checked is no task; to have it run, move it under another heading',
    );
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }
}
