/** Plans whose phases are headings and whose tasks are checkboxes with or without ids: spec-kit and OpenSpec are two dialects of it. */
import type { PlanDocument } from '../model/plan-document.js';
import { readAnnotations, withoutSpans } from './annotations.js';
import type { Dialect, PhaseName } from './dialect.js';
import { draftPhase, type DraftGroup, type DraftPhase, type StatedList } from './draft.js';
import { fillTasks, openTask, type OpenTask } from './draft-task.js';
import { headingText, offsetAt, plain } from './inline.js';
import type { Block, FenceBlock, HeadingBlock, ItemBlock } from './markdown-blocks.js';
import { remarkDrawnOrder } from './drawn-order.js';
import { phaseHeading } from './phase-heading.js';
import { readOverview } from './overview.js';
import { buildDocument } from './plan-builder.js';
import { nameTasks, settlePhases, type FoundPhase, type UnnamedTask } from './phase-names.js';
import { boldHeading, Sections, SetAside } from './sections.js';
import { quote, Remarks, type PlanSource } from './source.js';
import { dependsOfTask, idleDepends, remarkIdle, remarkIdleLists } from './stated-depends.js';
import {
  parentById,
  parents,
  remarkInner,
  remarkBoxesInCode,
  remarkBoxesInHtml,
  remarkEmptyBox,
  remarkFalseBox,
  remarkMentions,
  remarkNamed,
  StrayBoxes,
  type InnerBox,
  type Mention,
} from './task-remarks.js';
import { BlockTree, isScript, leadText, readTaskLine, scriptOf, type TaskLine } from './task-item.js';

/** Reads a file of this dialect. */
export function readHeadingPlan(source: PlanSource, dialect: Dialect): PlanDocument {
  const document = new HeadingPlanReader(source, dialect, false).read();
  if (!dialect.namesTasks || document.phases.length > 0) return document;
  const boxes = document.diagnostics.some((one) => one.code === 'checkbox-outside-phase' || one.code === 'checkbox-set-aside');
  return boxes ? new HeadingPlanReader(source, dialect, true).read() : document;
}

class HeadingPlanReader {
  private readonly source: PlanSource;
  private readonly dialect: Dialect;
  private readonly tree: BlockTree;
  private readonly remarks: Remarks;
  private readonly phases: FoundPhase[] = [];
  private readonly tasks: OpenTask[] = [];
  private readonly unnamed: UnnamedTask[] = [];
  private readonly ids = new Set<string>();
  private readonly groups: DraftGroup[] = [];
  private readonly owner = new Map<number, OpenTask>();
  private readonly mentions: Mention[] = [];
  /** Dependencies stated outside of every task. */
  private readonly idle: StatedList[] = [];
  private readonly sections: Sections;
  private readonly asides = new SetAside();
  private readonly inner: InnerBox[] = [];
  private phase: FoundPhase | undefined;
  private adjacent: OpenTask | undefined;
  private readonly stray: StrayBoxes;
  private first = -1;
  private sectionSaid = false;

  /** `alone`: nothing else in the file is a task, so that checklists may be what has to be done. */
  constructor(source: PlanSource, dialect: Dialect, alone: boolean) {
    this.source = source;
    this.dialect = dialect;
    this.sections = new Sections(source.markdown, (title) => dialect.isAside(title, alone, this.phase?.explicit === true));
    this.tree = new BlockTree(source.markdown);
    this.remarks = new Remarks(source.markdown.lines);
    this.stray = new StrayBoxes(this.remarks, `a task is a line such as “${dialect.sample}”`);
  }

  read(): PlanDocument {
    const { markdown } = this.source;
    for (const block of markdown.blocks) if (!block.quoted) this.take(block);
    this.stray.close();
    this.asides.report(this.remarks);
    remarkInner(this.remarks, this.inner);
    settlePhases(this.phases, this.dialect.emptyPhases);
    nameTasks(this.tasks, this.unnamed);
    remarkNamed(this.remarks, this.unnamed.map((one) => one.draft));
    fillTasks(this.tree, this.tasks, this.remarks);
    remarkMentions(this.remarks, this.mentions, this.tasks);
    remarkIdleLists(this.remarks, this.idle, 'outside of every task');
    const phases = this.phases.map((phase) => phase.draft);
    remarkDrawnOrder(this.remarks, markdown, phases, this.dialect.grammar);
    if (this.tasks.length === 0)
      this.remarks.warn('no-tasks', 'this file has no task', 0, undefined, `a task is a line such as “${this.dialect.sample}”`);
    const overview = readOverview(markdown, this.first < 0 ? markdown.blocks.length : this.first);
    const { format, grammar } = this.dialect;
    return buildDocument(
      { format, ...overview, frontMatter: markdown.frontMatter, phases, groups: this.groups, notes: [], waves: undefined, grammar },
      markdown.lines,
      this.remarks,
    );
  }

  private take(block: Block): void {
    if (block.kind === 'heading' && block.parent < 0) this.takeHeading(block);
    else if (block.kind === 'item') this.takeItem(block);
    else if (block.kind === 'fence') this.takeFence(block);
    else if (block.kind === 'html') remarkBoxesInHtml(this.remarks, this.source.markdown.lines, block);
    else if (block.kind === 'code') remarkBoxesInCode(this.remarks, this.source.markdown.lines, block);
    else if (block.kind === 'paragraph') {
      const heading = this.dialect.boldPhases ? boldHeading(this.source.markdown, block) : undefined;
      if (heading) return this.takeBold(heading);
      this.sections.takeParagraph(block);
      if (block.parent < 0) {
        this.stray.close();
        this.adjacent = undefined;
      }
      if (this.phases.length > 0 && !this.owner.has(block.parent))
        for (const list of idleDepends(this.source.markdown, block, this.dialect.grammar)) this.idle.push(list);
    }
  }

  private takeHeading(block: HeadingBlock): void {
    this.stray.close();
    this.adjacent = undefined;
    const inline = headingText(this.source.markdown, block);
    const { text } = inline;
    this.sections.close(block.level);
    if (this.phase && block.level <= this.phase.level) this.phase = undefined;
    const annotations = readAnnotations(inline, this.remarks, 'foreign');
    const words = plain(withoutSpans(text, annotations.spans));
    const named = this.mayOpen(words, block.level) ? this.dialect.phaseOf(words, block.level) : undefined;
    if (named) {
      const phase = this.openPhase(block, named, true);
      for (const list of annotations.depends) phase.draft.depends.push(list);
    } else {
      for (const list of annotations.depends) remarkIdle(this.remarks, list, 'in a heading', 'write it on the tasks');
      const id = this.dialect.grammar(text, 0);
      if (id !== undefined && this.dialect.isId(id, text.slice(id.length)) && this.dialect.format === 'spec-kit')
        this.mention(id, text, block.start);
      const group = id !== undefined && this.phase ? { id, tasks: [] } : undefined;
      if (group) this.groups.push(group);
      this.sections.push({ level: block.level, title: block.level === 1 ? '' : plain(text), block, group });
      return;
    }
    this.sections.push({ level: block.level, title: '', block, group: undefined });
  }

  /** `**Phase 2: Build**` begins a phase where no heading has begun one; elsewhere it labels a list. */
  private takeBold(block: HeadingBlock): void {
    const words = plain(headingText(this.source.markdown, block).text);
    const within = this.phase?.explicit === true && this.phase.level < block.level;
    if (!within && this.dialect.phaseOf(words, block.level)) this.takeHeading(block);
    else this.sections.labelled(words);
  }

  /** Below a phase only “Phase 5: …” of a number of its own begins another: authors lose count of their hashes. */
  private mayOpen(words: string, level: number): boolean {
    const { phase } = this;
    if (!phase?.explicit || level <= phase.level) return true;
    const inner = phaseHeading(words);
    if (!inner?.separated || inner.id.startsWith(`${phase.draft.id}.`)) return false;
    return !this.phases.some((one) => one.draft.id === inner.id);
  }

  private openPhase(block: HeadingBlock, name: PhaseName, explicit: boolean): FoundPhase {
    this.first = this.first < 0 ? block.index : this.first;
    const draft = draftPhase(name.id ?? '', name.title, block.start, block.end, name.free ? 'free' : 'file');
    draft.parallel = name.parallel;
    this.phase = { draft, level: block.level, explicit, weak: name.weak ?? false };
    this.phases.push(this.phase);
    return this.phase;
  }

  /** The phase a task stands in: an open one, else one made of the nearest section heading, else one without a name. */
  private phaseFor(item: ItemBlock): DraftPhase {
    if (this.phase) return this.phase.draft;
    const section = this.sections.section();
    if (section) {
      this.openPhase(section.block, { id: undefined, title: section.title, parallel: false }, false);
      this.sections.becomesPhase(section);
      if (this.phase && this.phases.length > 1 && this.dialect.format === 'spec-kit' && !this.sectionSaid) {
        this.sectionSaid = true;
        this.remarks.info(
          'section-as-phase',
          `${quote(section.title)} is no “Phase N” heading; it is taken for a phase of its own`,
          section.block.start,
          section.block.end,
          'write “## Phase N: …”',
        );
      }
    }
    if (!this.phase) {
      this.first = this.first < 0 ? item.index : this.first;
      this.phase = { draft: draftPhase('', '', item.marker, item.marker + 1, 'file'), level: 6, explicit: false, weak: false };
      this.phases.push(this.phase);
    }
    return this.phase.draft;
  }

  private takeItem(item: ItemBlock): void {
    const above = this.owner.get(item.parent);
    if (above) this.owner.set(item.index, above);
    else this.adjacent = undefined;
    if (!item.checkbox) return this.takePlainItem(item, above);
    const { dialect } = this;
    const quiet = new Remarks(this.source.markdown.lines);
    const line = readTaskLine(this.tree, item, dialect.grammar, quiet, { labels: dialect.labels, scope: 'foreign' });
    if (!line) {
      if (!above) remarkEmptyBox(this.remarks, item);
      return;
    }
    const following = line.id === undefined ? '' : this.source.text.slice(line.endOffset, line.endOffset + 2);
    const id = line.id !== undefined && dialect.isId(line.id, following) ? line.id : undefined;
    const aside = above ? undefined : this.sections.aside(item);
    if (id !== undefined && aside !== undefined && this.ids.has(id)) return;
    if (id === undefined) {
      if (above) return void this.inner.push({ line, task: above });
      if (aside !== undefined) return this.asides.add(line, aside);
      if (!dialect.namesTasks) return this.remarkWithoutId(item, line);
    }
    // A number that is no id belongs to the title.
    const whole = id === undefined && line.id !== undefined ? readTaskLine(this.tree, item, () => undefined, quiet, { labels: dialect.labels, scope: 'foreign' }) : line;
    this.remarks.absorb(quiet);
    this.takeTask(item, id, whole ?? line, above);
  }

  private remarkWithoutId(item: ItemBlock, line: TaskLine): void {
    if (!this.phase?.explicit) return this.addStray(item, line);
    this.remarks.warn(
      'task-without-id',
      `${quote(line.inline.text)} has a checkbox and no id, so it is not run`,
      line.offset,
      line.endOffset,
      `write “${this.dialect.sample}”`,
    );
  }

  private takeTask(item: ItemBlock, id: string | undefined, line: TaskLine, above: OpenTask | undefined): void {
    const { dialect } = this;
    this.stray.close();
    const parent = id === undefined || !above ? undefined : parentById(id, above, this.owner);
    const phase = parent?.draft.phase ?? this.phaseFor(item);
    const group = [...this.sections.titles(), ...parents(parent)];
    const depends = dependsOfTask(this.tree, item, line, dialect.grammar, this.remarks);
    const labels = line.labels.filter((label) => label !== 'P');
    const title = [
      ...(id !== undefined && dialect.labels
        ? labels.filter((label) => !/^US\s?\d|^(?:\w+,\s?)*US\d/i.test(label)).map((label) => `[${label}]`)
        : []),
      line.title,
    ]
      .join(' ')
      .trim();
    const task = openTask(phase, parent, item, line, {
      id: id ?? '',
      title,
      kind: 'task',
      parallel: dialect.isParallel(line),
      optional: line.starred,
      group,
      depends,
    });
    if (id === undefined) this.unnamed.push({ draft: task.draft, group: this.sections.groupId() });
    else this.ids.add(id);
    this.tasks.push(task);
    this.owner.set(item.index, task);
    this.adjacent = task;
    if (!parent) this.sections.fill(task.draft);
  }

  private takePlainItem(item: ItemBlock, above: OpenTask | undefined): void {
    if (!above) this.sections.takePlainItem(this.tree, item);
    const inline = leadText(this.tree, item, 2);
    if (!inline) return;
    const { text } = inline;
    const at = /^[*_`~\s]*/.exec(text)?.[0].length ?? 0;
    if (remarkFalseBox(this.remarks, inline, at, this.dialect.sample)) return;
    const id = this.dialect.grammar(text, at);
    if (id === undefined || above || !/^[*_`~]*[.:)]?[*_`~]*[.:)]?\s+\S/.test(text.slice(at + id.length, at + id.length + 20))) return;
    if (!this.dialect.isId(id, text.slice(at + id.length))) return;
    if (this.dialect.format !== 'spec-kit' && (!this.phase || id.split('.')[0] !== this.phase.draft.id)) return;
    this.mention(id, text, offsetAt(inline, at));
  }

  private mention(id: string, text: string, offset: number): void {
    this.mentions.push({ id, text, from: offset });
  }

  private addStray(item: ItemBlock, line: TaskLine): void {
    const title = this.sections.innermost();
    this.stray.add(item, line, title === '' ? 'under no phase' : `under ${quote(title)}, which is no phase`);
  }

  private takeFence(fence: FenceBlock): void {
    const { adjacent } = this;
    if (!adjacent || fence.parent !== adjacent.item.parent) return;
    if (isScript(fence) && !this.tree.of(adjacent.item.index).some(isScript)) adjacent.draft.script = scriptOf(fence);
    this.adjacent = undefined;
  }
}
