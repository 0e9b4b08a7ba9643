/** Kiro and cc-sdd: `- [ ] 1. Major` is the phase, `  - [ ] 1.1 Leaf` its tasks; waves may order them. */
import type { PlanDocument } from '../model/plan-document.js';
import { draftPhase, type DraftPhase } from './draft.js';
import { fillTasks, openTask, type OpenTask } from './draft-task.js';
import { numberedId } from './ids.js';
import { headingText, offsetAt, plain } from './inline.js';
import { readWaves, settleWaves } from './kiro-waves.js';
import type { Block, FenceBlock, HeadingBlock, ItemBlock } from './markdown-blocks.js';
import { readOverview } from './overview.js';
import { headingOf } from './phase-heading.js';
import { buildDocument } from './plan-builder.js';
import { quote, Remarks, type PlanSource } from './source.js';
import { dependsOfTask } from './stated-depends.js';
import { parents, remarkBoxesInCode, remarkBoxesInHtml, remarkEmptyBox, remarkFalseBox, remarkNamed, remarkNoBox, remarkParentDone } from './task-remarks.js';
import { BlockTree, isScript, leadText, readTaskLine, scriptOf, type TaskLine } from './task-item.js';

/** How surely a file is Kiro's. */
export function claimsKiro(source: PlanSource): number {
  if (/(?:^|\/)\.kiro\/specs\/.*tasks\.md$/.test(source.path)) return 12;
  const text = source.text;
  const numbers = new Set([...text.matchAll(/^[-*+] \[[ xX~-]\]\*? (\d{1,3})\.? \S/gm)].map((match) => match[1]));
  const majors = numbers.size;
  const leafMajors = [...text.matchAll(/^[ \t]{0,8}[-*+] \[[ xX~-]\]\*? (\d{1,3})\.\d{1,3}\.? \S/gm)].map((match) => match[1]);
  const leaves = leafMajors.length;
  const related = leafMajors.some((major) => numbers.has(major));
  const marks = /^[ \t]{0,12}-? ?_(?:Requirements|Depends|Boundary)[:：]/m.test(text) || /"waves"\s*:/.test(text);
  const phases = /^#{2,3} .{0,8}Phase \d/m.test(text);
  const own = text.match(/^[ \t]{0,12}[-*] _(?:Requirements|Depends|Boundary)[:：]/gm)?.length ?? 0;
  if (leaves > 0 && own > 1) return 5;
  // `- [ ] 1.0 Parent` over `  - [ ] 1.1 Child`: numbers of majors as lists of tasks made from a PRD have them.
  if (majors === 0 && !phases && /^[-*+] \[[ xX]\] \d{1,3}\.0 \S.*\n(?:[ \t]+.*\n|\r?\n){0,20}?[ \t]{1,8}[-*+] \[[ xX]\] \d{1,3}\.1 /m.test(text)) return 4;
  if (majors > 0 && (related || marks)) return marks ? 5 : phases ? 0 : 4;
  return marks && leaves > 0 && !phases ? 3 : 0;
}

/** Reads a Kiro or cc-sdd `tasks.md`. */
export function readKiro(source: PlanSource): PlanDocument {
  return new KiroReader(source).read();
}

interface Major {
  readonly phase: DraftPhase;
  task: OpenTask | undefined;
}

interface Entry {
  readonly item: ItemBlock;
  readonly line: TaskLine;
  readonly id: string;
  /** A major task: the phase of what has its number. */
  readonly isMajor: boolean;
  readonly headings: readonly string[];
}

class KiroReader {
  private readonly source: PlanSource;
  private readonly tree: BlockTree;
  private readonly remarks: Remarks;
  private readonly owner = new Map<number, OpenTask>();
  private readonly unnamed: { item: ItemBlock; line: TaskLine; headings: readonly string[] }[] = [];
  private readonly phases: DraftPhase[] = [];
  private readonly tasks: OpenTask[] = [];
  private readonly waveFences: FenceBlock[] = [];
  private headings: { level: number; title: string }[] = [];
  private titles: readonly string[] = [];
  private adjacent: OpenTask | undefined;
  private majorCount = 0;
  private readonly majorIds = new Set<string>();
  /** Majors are called `1.0`. */
  private zeros = false;
  private readonly looseScripts = new Map<ItemBlock, FenceBlock>();

  constructor(source: PlanSource) {
    this.source = source;
    this.tree = new BlockTree(source.markdown);
    this.remarks = new Remarks(source.markdown.lines);
  }

  read(): PlanDocument {
    const { markdown } = this.source;
    for (const block of markdown.blocks) if (!block.quoted) this.take(block);
    this.takeUnnamed();
    this.checkMajors();
    fillTasks(this.tree, this.tasks, this.remarks);
    for (const task of this.tasks) {
      const fence = this.looseScripts.get(task.item);
      if (fence && task.draft.children.length === 0) task.draft.script ??= scriptOf(fence);
    }
    if (this.tasks.length === 0)
      this.remarks.warn('no-tasks', 'this file has no task', 0, undefined, 'a task is a line such as “- [ ] 1. Title”');
    const overview = readOverview(markdown, this.tasks[0]?.item.index ?? markdown.blocks.length);
    const read = this.waveFences.flatMap((fence) => readWaves(fence, markdown, this.remarks) ?? []);
    const waves = read.length > 0 ? settleWaves(read, this.phases, this.remarks) : undefined;
    return buildDocument(
      {
        format: 'kiro',
        ...overview,
        frontMatter: markdown.frontMatter,
        phases: this.phases,
        groups: [],
        notes: [],
        waves,
        grammar: numberedId,
      },
      markdown.lines,
      this.remarks,
    );
  }

  private take(block: Block): void {
    if (block.kind === 'heading' && block.parent < 0) this.takeHeading(block);
    else if (block.kind === 'item') this.takeItem(block);
    else if (block.kind === 'fence') this.takeFence(block);
    else if (block.kind === 'paragraph' && block.parent < 0) this.adjacent = undefined;
    else if (block.kind === 'html') remarkBoxesInHtml(this.remarks, this.source.markdown.lines, block);
    else if (block.kind === 'code') remarkBoxesInCode(this.remarks, this.source.markdown.lines, block);
  }

  private takeHeading(block: HeadingBlock): void {
    while (this.headings.length > 0 && (this.headings.at(-1)?.level ?? 0) >= block.level) this.headings.pop();
    const title = plain(headingText(this.source.markdown, block).text);
    if (block.level > 1 && !/^(?:tasks?|implementation (?:plan|tasks)|implementation)$/i.test(title))
      this.headings.push({ level: block.level, title });
    this.titles = this.headings.map((heading) => heading.title);
    this.adjacent = undefined;
  }

  private takeFence(fence: FenceBlock): void {
    if (/^(?:json[c5]?)?$/i.test(fence.info.trim()) && fence.lines.some((line) => line.includes('"waves"'))) {
      this.waveFences.push(fence);
      return;
    }
    if (
      this.adjacent &&
      isScript(fence) &&
      fence.parent === this.adjacent.item.parent &&
      !this.tree.of(this.adjacent.item.index).some(isScript)
    ) {
      this.looseScripts.set(this.adjacent.item, fence);
    }
    this.adjacent = undefined;
  }

  private takeItem(item: ItemBlock): void {
    const above = this.owner.get(item.parent);
    if (above) this.owner.set(item.index, above);
    else this.adjacent = undefined;
    if (!item.checkbox) return this.takePlainItem(item, above);
    const quiet = new Remarks(this.source.markdown.lines);
    const line = readTaskLine(this.tree, item, numberedId, quiet, { labels: true, scope: 'foreign' });
    if (!line) {
      if (!above) remarkEmptyBox(this.remarks, item);
      return;
    }
    const ordered = line.id === undefined && item.ordered !== undefined && !above ? String(item.ordered) : undefined;
    const id = ordered ?? (line.id !== undefined && this.isId(line, above) ? line.id : undefined);
    if (id === undefined) {
      if (!above) this.unnamed.push({ item, line, headings: this.titles });
      return;
    }
    this.remarks.absorb(quiet);
    const isMajor = !id.includes('.') || (above === undefined && this.isZero(item, id));
    if (isMajor) {
      this.majorCount++;
      this.majorIds.add(id.split('.')[0] ?? id);
    }
    this.adjacent = this.place({ item, line, id, isMajor, headings: this.titles });
  }

  /** `1.` and `1.1` are ids; a bare number is one only where a major task stands, since “3 tests” is a title too. */
  private isId(line: TaskLine, above: OpenTask | undefined): boolean {
    if (line.id === undefined) return false;
    if (line.id.includes('.') || line.id.startsWith('T')) return true;
    if (/^[*_`]*[.):]/.test(this.source.text.slice(line.endOffset, line.endOffset + 4))) return above === undefined;
    return above === undefined && Number.parseInt(line.id, 10) === this.majorCount + 1;
  }

  /** `1.0` is the major of the `1.1` inside of it, where the file has no `1` of its own; then `5.0` without anything inside is one, too. */
  private isZero(item: ItemBlock, id: string): boolean {
    if (!/^\d+\.0$/.test(id) || this.majorIds.has(id.slice(0, -2))) return false;
    this.zeros ||= this.tree.of(item.index).some((block) => block.kind === 'item' && block.checkbox !== undefined);
    return this.zeros;
  }

  private takePlainItem(item: ItemBlock, above: OpenTask | undefined): void {
    if (above) return;
    const inline = leadText(this.tree, item, 2);
    const text = inline?.text ?? '';
    const at = /^[*_`~\s]*/.exec(text)?.[0].length ?? 0;
    if (!inline || remarkFalseBox(this.remarks, inline, at, '- [ ] 1.1 Title')) return;
    const id = numberedId(text, at);
    const major = id?.split('.')[0];
    if (id === undefined || !id.includes('.') || !this.majorIds.has(major ?? '')) return;
    if (
      !/^[*_`]*[.:)]?[*_`]*\s+\p{Lu}/u.test(text.slice(at + id.length)) ||
      /notes?|reference|requirement/i.test(this.headings.at(-1)?.title ?? '')
    )
      return;
    remarkNoBox(this.remarks, text, id, offsetAt(inline, at));
  }

  /** Checkboxes without numbers: in a file without any number they are the tasks, elsewhere they are steps or reported. */
  private takeUnnamed(): void {
    const numbered = this.tasks.length > 0;
    const named: { id: string; offset: number; endOffset: number }[] = [];
    const count = new Map<number, number>();
    const ids = new Map<number, string>();
    for (const { item, line, headings } of this.unnamed) {
      const checklist = /checklist|criteria|acceptance|definition of done|success|notes?$/i.test(headings.at(-1) ?? '');
      if (numbered || checklist) {
        this.remarks.warn(
          checklist ? 'checkbox-outside-phase' : 'task-without-id',
          `${quote(line.title)} has a checkbox and no number, so it is not run`,
          line.offset,
          line.endOffset,
          'write “- [ ] 1. Title” or “- [ ] 1.1 Title”',
        );
        continue;
      }
      const parent = ids.get(item.parent);
      const number = (count.get(parent === undefined ? -1 : item.parent) ?? 0) + 1;
      count.set(parent === undefined ? -1 : item.parent, number);
      const id = parent === undefined ? String(number) : `${parent}.${number}`;
      ids.set(item.index, id);
      named.push({ id, offset: line.offset, endOffset: line.endOffset });
      this.place({ item, line, id, isMajor: parent === undefined, headings });
    }
    remarkNamed(this.remarks, named);
  }

  private readonly byId = new Map<string, OpenTask>();
  private readonly opened: Major[] = [];
  private readonly majors = new Map<string, Major>();

  private place(entry: Entry): OpenTask {
    const { id, isMajor, line, item, headings } = entry;
    const number = /^(?:T-?)?\d+[a-z]?/.exec(id)?.[0] ?? id;
    const at = this.majors.get(number);
    const major = isMajor || !at ? this.openPhase(number, isMajor ? line : undefined, line, headings) : at;
    const parent = isMajor ? undefined : this.parentOf(id, major);
    const group = parent ? [...headings, ...parents(parent)] : headings;
    const depends = dependsOfTask(this.tree, item, line, numberedId, this.remarks);
    const labels = line.labels.filter((label) => label !== 'P').map((label) => `[${label}] `);
    const title = labels.length === 0 ? line.title : labels.join('') + line.title;
    const task = openTask(major.phase, parent, item, line, {
      id,
      title,
      kind: 'task',
      parallel: line.labels.includes('P'),
      optional: line.starred,
      group,
      depends,
    });
    this.tasks.push(task);
    this.owner.set(item.index, task);
    this.byId.set(id, task);
    if (isMajor) major.task = task;
    return task;
  }

  private openPhase(id: string, own: TaskLine | undefined, line: TaskLine, headings: readonly string[]): Major {
    const phase = draftPhase(id, own?.title ?? headingOf(id, headings), line.offset, line.endOffset, 'file');
    if (own?.labels.includes('P')) phase.parallel = true;
    const major: Major = { phase, task: undefined };
    this.opened.push(major);
    this.phases.push(phase);
    this.majors.set(id, major);
    return major;
  }

  /** Numbers are the hierarchy: `2.1.1` belongs to `2.1` and that to `2`, indented or not. */
  private parentOf(id: string, major: Major): OpenTask | undefined {
    const above = this.byId.get(id.slice(0, id.lastIndexOf('.')));
    return above && above.draft.phase === major.phase && above.draft.id.includes('.') ? above : major.task;
  }

  /** A major task with leaves is the phase itself and no task of its own; its mark says nothing. */
  private checkMajors(): void {
    for (const { task } of this.opened) {
      if (task) remarkParentDone(this.remarks, task.draft);
    }
  }
}
