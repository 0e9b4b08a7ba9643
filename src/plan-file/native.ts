/** The native format: `## Phase 2: Name`, `- [ ] 2.3 Title (depends: 2.1)`, execution notes, VERIFY, pipeline-start. */
import type { PlanDocument } from '../model/plan-document.js';
import type { DraftNote, DraftPhase } from './draft.js';
import { fillTasks, openTask, type OpenTask } from './draft-task.js';
import { remarkDrawnOrder } from './drawn-order.js';
import { dottedId } from './ids.js';
import { headingText, offsetAt, paragraphText, plain } from './inline.js';
import type { Block, FenceBlock, HeadingBlock, ItemBlock, ParagraphBlock } from './markdown-blocks.js';
import { GroupHeadings } from './group-headings.js';
import { remarkHiddenBoxes, remarkNoPhases, remarkQuotedNote } from './native-remarks.js';
import { bindVerifies, nextId, phaseOfHeading, withoutAnnouncements, type Verify } from './native-phase.js';
import { readNotes } from './notes.js';
import { PipelineStarts } from './pipeline-starts.js';
import { phaseHeading } from './phase-heading.js';
import { readOverview } from './overview.js';
import { buildDocument } from './plan-builder.js';
import { quote, Remarks, type PlanSource } from './source.js';
import { lazyStatement, statements } from './statements.js';
import { dependsOfTask } from './stated-depends.js';
import { parentById, parents, remarkEmptyBox, remarkFalseBox, remarkNoBox, StrayBoxes } from './task-remarks.js';
import { BlockTree, isScript, leadText, readTaskLine, scriptOf, type TaskLine } from './task-item.js';
import { pipelineLine, verifyHead, type VerifyHead } from './verify.js';

/** Reads a native plan. */
export function readNative(source: PlanSource): PlanDocument {
  return new NativeReader(source).read();
}

class NativeReader {
  private readonly source: PlanSource;
  private readonly tree: BlockTree;
  private readonly remarks: Remarks;
  private readonly phases: DraftPhase[] = [];
  private readonly phaseIds = new Set<string>();
  private readonly notes: DraftNote[] = [];
  private readonly tasks: OpenTask[] = [];
  private readonly owner = new Map<number, OpenTask>();
  private readonly verifies: Verify[] = [];
  private phase: DraftPhase | undefined;
  private phaseLevel = 0;
  private readonly groupHeadings = new GroupHeadings();
  private verify: Verify | undefined;
  private readonly pipeline: PipelineStarts;
  private adjacent: OpenTask | undefined;
  private readonly stray: StrayBoxes;
  private first = -1;

  constructor(source: PlanSource) {
    this.source = source;
    this.tree = new BlockTree(source.markdown);
    this.remarks = new Remarks(source.markdown.lines);
    this.pipeline = new PipelineStarts(this.remarks);
    this.stray = new StrayBoxes(this.remarks, 'a task has an id and stands under a heading such as “## Phase 1: Name”');
  }

  read(): PlanDocument {
    const { markdown } = this.source;
    for (const block of markdown.blocks) {
      if (block.quoted) remarkQuotedNote(this.remarks, markdown, block);
      else this.take(block);
    }
    this.stray.close();
    this.pipeline.bind(undefined);
    this.groupHeadings.close(0);
    this.groupHeadings.report(new Set(this.tasks.map((task) => task.draft.id)), this.remarks);
    bindVerifies(this.verifies, this.phases, markdown.lines, this.remarks);
    fillTasks(this.tree, this.tasks, this.remarks);
    remarkDrawnOrder(this.remarks, markdown, this.phases, dottedId);
    const overview = readOverview(markdown, this.first < 0 ? markdown.blocks.length : this.first);
    if (this.phases.length === 0) remarkNoPhases(this.remarks, markdown);
    const { groups } = this.groupHeadings;
    const phases = withoutAnnouncements(this.phases);
    const { frontMatter, lines } = markdown;
    const draft = { format: 'native' as const, ...overview, frontMatter, phases, groups, notes: this.notes, waves: undefined, grammar: dottedId };
    return buildDocument(draft, lines, this.remarks);
  }

  private take(block: Block): void {
    if (block.kind !== 'item' && block.kind !== 'paragraph' && block.parent < 0) this.stray.close();
    if (block.kind === 'heading') this.takeHeading(block);
    else if (block.kind === 'item') this.takeItem(block);
    else if (block.kind === 'paragraph') this.takeParagraph(block);
    else if (block.kind === 'fence') this.takeFence(block);
    else if (block.kind === 'code' || block.kind === 'html') remarkHiddenBoxes(this.remarks, this.source.markdown.lines, block);
    if (block.kind === 'rule') this.verify = undefined;
  }

  private takeHeading(heading: HeadingBlock): void {
    if (heading.parent >= 0) return;
    this.verify = undefined;
    this.adjacent = undefined;
    const inline = headingText(this.source.markdown, heading);
    const verify = verifyHead(inline.text, true);
    if (verify) return this.takeVerifyHead(verify, heading.start, -1, heading);
    const named = phaseHeading(inline.text);
    const used = named && this.phaseIds.has(named.id);
    if (named && heading.level <= 4 && (named.separated || named.rest >= inline.text.length || !used))
      return this.openPhase(heading, named);
    if (/^[\W\d_]{0,6}phase\b/i.test(inline.text) && !used) {
      this.remarks.warn(
        'unclear-phase',
        `${quote(inline.text)} looks like a phase and was not taken`,
        heading.start,
        heading.end,
        'write “## Phase 2: Name” with one number',
      );
    }
    this.groupHeadings.close(heading.level);
    if (this.phase && heading.level <= this.phaseLevel) this.phase = undefined;
    this.groupHeadings.open(heading, inline, this.phase !== undefined);
  }

  private openPhase(heading: HeadingBlock, named: { id: string; rest: number }): void {
    this.groupHeadings.close(0);
    this.first = this.first < 0 ? heading.index : this.first;
    const inline = headingText(this.source.markdown, heading);
    const phase = phaseOfHeading(heading, inline, named, this.remarks);
    this.pipeline.bind(phase);
    this.phases.push(phase);
    this.phaseIds.add(named.id);
    this.phase = phase;
    this.phaseLevel = heading.level;
  }

  private takeVerifyHead(head: VerifyHead, offset: number, parent: number, heading?: HeadingBlock): void {
    if (heading && this.phase && heading.level <= this.phaseLevel) this.phase = undefined;
    const verify: Verify = {
      phase: head.phase ?? this.phase,
      blocking: head.blocking,
      criteria: head.text === '' ? [] : [plain(head.text)],
      script: undefined,
      tasks: false,
      offset,
      parent,
    };
    this.verify = verify;
    this.verifies.push(verify);
  }

  private takeItem(item: ItemBlock): void {
    const above = this.owner.get(item.parent);
    if (above) this.owner.set(item.index, above);
    else this.adjacent = undefined;
    if (!item.checkbox) return this.takePlainItem(item, above);
    const quiet = new Remarks(this.source.markdown.lines);
    const line = readTaskLine(this.tree, item, dottedId, quiet, { labels: false, scope: 'task' });
    if (!line) return this.remarkEmpty(item, above);
    const verify = line.id === undefined ? verifyHead(line.inline.text) : undefined;
    if (verify && item.parent === this.verify?.parent) this.verify = undefined;
    if (this.takeCriterion(item, line.id === undefined)) return;
    if (line.id === undefined && !verify) {
      if (above) return;
      this.remarks.absorb(quiet);
      if (this.phase)
        this.remarks.warn(
          'task-without-id',
          `${quote(line.title)} has a checkbox and no id, so it is not run`,
          line.offset,
          line.endOffset,
          `give it an id such as ${nextId(this.phase)}`,
        );
      else this.addStray(item, line);
      return;
    }
    this.remarks.absorb(quiet);
    this.takeTask(item, line, above, verify);
  }

  private takeTask(item: ItemBlock, line: TaskLine, above: OpenTask | undefined, verify: VerifyHead | undefined): void {
    const parent = above && line.id !== undefined ? parentById(line.id, above, this.owner) : undefined;
    const phase = parent?.draft.phase ?? this.phase ?? this.phaseOfVerify(verify);
    const id = line.id ?? `VERIFY-${verify?.phase ?? phase?.id ?? ''}`;
    if (!phase) {
      const near = this.phases.at(-1);
      this.remarks.warn(
        'task-without-phase',
        `task ${id} stands under no phase, so it is not run`,
        line.offset,
        line.endOffset,
        near ? `move it under a heading such as “## Phase ${near.id}: …”` : 'put a heading such as “## Phase 1: Name” above it',
      );
      return;
    }
    this.stray.close();
    const title = verify ? plain(verify.text) || `VERIFY ${verify.phase ?? phase.id}` : line.title;
    const kind = verify || /^VERIFY\b/.test(line.title) || this.verify ? 'verify' : 'task';
    const group = [...this.groupHeadings.titles(), ...parents(parent)];
    const depends = dependsOfTask(this.tree, item, line, dottedId, this.remarks);
    const task = openTask(phase, parent, item, line, { id, title, kind, parallel: false, optional: false, group, depends });
    this.tasks.push(task);
    this.owner.set(item.index, task);
    this.adjacent = task;
    this.groupHeadings.fill(task.draft, parent === undefined);
    this.takeLazyLines(item, task);
  }

  private phaseOfVerify(verify: VerifyHead | undefined): DraftPhase | undefined {
    return verify?.phase === undefined ? undefined : this.phases.find((phase) => phase.id === verify.phase);
  }

  private remarkEmpty(item: ItemBlock, above: OpenTask | undefined): void {
    if (above || this.takeCriterion(item, true)) return;
    remarkEmptyBox(this.remarks, item);
  }

  /** Bullets under a VERIFY line are its criteria, with or without checkboxes; one with an id is a task again. */
  private takeCriterion(item: ItemBlock, bare: boolean): boolean {
    const { verify } = this;
    if (!verify) return false;
    for (let at = item.parent; ; at = this.source.markdown.blocks[at]?.parent ?? -1) {
      if (at === verify.parent) break;
      if (at < 0) {
        this.verify = undefined;
        return false;
      }
    }
    if (!bare) {
      verify.tasks = true;
      return false;
    }
    if (item.parent === verify.parent) verify.criteria.push(plain(leadText(this.tree, item, 20)?.text ?? ''));
    return true;
  }

  private addStray(item: ItemBlock, line: TaskLine): void {
    const title = this.groupHeadings.titles().at(-1);
    this.stray.add(item, line, title === undefined ? 'before any phase' : `under ${quote(title)}, which is no phase`);
  }

  private takePlainItem(item: ItemBlock, above: OpenTask | undefined): void {
    const inline = leadText(this.tree, item, 3);
    if (!inline) return;
    if (this.takeCriterion(item, true)) return;
    const { text } = inline;
    const at = /^[*_`~\s]*/.exec(text)?.[0].length ?? 0;
    if (remarkFalseBox(this.remarks, inline, at, '- [ ] 2.3 Title')) return;
    const id = dottedId(text, at);
    if (id === undefined || !this.phase) return;
    const child = above ? parentById(id, above, this.owner) !== undefined : id.split('.')[0] === this.phase.id.split('.')[0];
    if (!child || !/^[*_`~]*[.:)]?[*_`~]*\s+\S/.test(text.slice(at + id.length)) || /^[*_`~]*[-–—]\d/.test(text.slice(at + id.length)))
      return;
    remarkNoBox(this.remarks, text, id, offsetAt(inline, at));
  }

  private takeParagraph(paragraph: ParagraphBlock): void {
    const above = this.owner.get(paragraph.parent);
    if (above) {
      if (above.item.lead !== paragraph.index) this.takeLazyLines(above.item, above, paragraph);
      return;
    }
    const item = this.source.markdown.blocks[paragraph.parent];
    if (item?.kind === 'item' && item.checkbox) return;
    const isLead = item?.kind === 'item' && item.lead === paragraph.index;
    if (!isLead) {
      this.stray.close();
      if (this.verify && paragraph.parent === this.verify.parent) this.verify = undefined;
      if (paragraph.parent < 0) this.adjacent = undefined;
    } else if (this.verify) return;
    this.takeStatements(paragraph, 0, isLead ? (item?.parent ?? -1) : paragraph.parent);
  }

  /** Unindented lines right below a task belong to it in Markdown, but to the phase for their author: VERIFY, notes, pipeline-start. */
  private takeLazyLines(item: ItemBlock, task: OpenTask, paragraph = this.tree.lead(item)): void {
    const from = paragraph && lazyStatement(this.source.markdown, paragraph, item.column);
    if (!paragraph || from === undefined) return;
    this.takeStatements(paragraph, from, item.parent);
    this.adjacent = this.verify ? undefined : task;
  }

  private takeStatements(paragraph: ParagraphBlock, from: number, parent: number): void {
    for (const one of statements(this.source.markdown, paragraph, from)) this.takeStatement(paragraph, one.from, one.to, parent);
  }

  private takeStatement(paragraph: ParagraphBlock, from: number, to: number, parent: number): void {
    const inline = paragraphText(this.source.markdown, { ...paragraph, segments: paragraph.segments.slice(from, to) }, 0, 50);
    const verify = verifyHead(inline.text);
    if (verify) return this.takeVerifyHead(verify, offsetAt(inline, 0), parent);
    const pipeline = pipelineLine(inline);
    if (pipeline) return void this.pipeline.take(pipeline, this.phase);
    for (const note of readNotes(inline, this.phase, this.remarks)) this.notes.push(note);
  }

  private takeFence(fence: FenceBlock): void {
    if (!isScript(fence)) return;
    if (this.verify && (fence.parent === this.verify.parent || this.owner.get(fence.parent) === undefined)) {
      this.verify.script ??= scriptOf(fence);
      return;
    }
    const { adjacent } = this;
    if (!adjacent || this.owner.has(fence.parent) || fence.parent !== adjacent.item.parent) return;
    if (adjacent.draft.script === undefined && !this.tree.of(adjacent.item.index).some(isScript)) adjacent.draft.script = scriptOf(fence);
    this.adjacent = undefined;
  }
}
