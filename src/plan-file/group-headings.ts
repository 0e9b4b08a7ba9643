/** Headings inside of a phase: they group its tasks, and `### 2.1 Heading` stands for all of them in a dependency. */
import type { DraftGroup, DraftTask } from './draft.js';
import { dottedId } from './ids.js';
import { plain, type InlineText } from './inline.js';
import type { HeadingBlock } from './markdown-blocks.js';
import { quote, type Remarks } from './source.js';

interface Open {
  readonly heading: HeadingBlock;
  readonly title: string;
  readonly group: DraftGroup | undefined;
  filled: boolean;
}

/** The headings that are open, the outermost first. */
export class GroupHeadings {
  /** Every group with an id of the file. */
  readonly groups: DraftGroup[] = [];
  private readonly stack: Open[] = [];
  /** Closed with an id and no task below. */
  private readonly empty: Open[] = [];

  /** Takes a heading up after those of its level were closed; one with an id is a group where a phase is open. */
  open(heading: HeadingBlock, inline: InlineText, inPhase: boolean): void {
    const word = /^task\s{1,3}/i.exec(inline.text)?.[0].length ?? 0;
    const id = dottedId(' '.repeat(word) + inline.text.slice(word), word);
    const group = id !== undefined && inPhase ? { id, tasks: [] } : undefined;
    if (group) this.groups.push(group);
    this.stack.push({ heading, title: plain(inline.text), group, filled: false });
  }

  /** Titles of the open ones. */
  titles(): string[] {
    return this.stack.map((open) => open.title);
  }

  /** A task stands below all of them; `whole`: it is no subtask, which its parent stands for. */
  fill(task: DraftTask, whole: boolean): void {
    for (const open of this.stack) {
      open.filled = true;
      if (whole) open.group?.tasks.push(task);
    }
  }

  /** Ends those at `level` and deeper. */
  close(level: number): void {
    while (this.stack.length > 0 && (this.stack.at(-1)?.heading.level ?? 0) >= level) {
      const open = this.stack.pop();
      if (open?.group && !open.filled) this.empty.push(open);
    }
  }

  /** One with an id and no task below it was meant as a task, unless it describes a task that stands elsewhere. */
  report(known: ReadonlySet<string>, remarks: Remarks): void {
    for (const open of this.empty) {
      if (open.group && known.has(open.group.id)) continue;
      remarks.warn(
        'id-without-checkbox',
        `${quote(open.title)} has an id and no task below it`,
        open.heading.start,
        open.heading.end,
        `write “- [ ] ${open.title.slice(0, 40)}”`,
      );
    }
  }
}
