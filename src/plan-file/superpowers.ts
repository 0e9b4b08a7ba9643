/** superpowers: `### Task 3: Title` is the task; its files list and its steps are its body. */
import type { FileMention, PlanDocument } from '../model/plan-document.js';
import { readAnnotations, withoutSpans } from './annotations.js';
import { draftPhase, type DraftPhase, type DraftTask } from './draft.js';
import { remarkDrawnOrder } from './drawn-order.js';
import { named, numericId, type IdGrammar } from './ids.js';
import { headingText, plain, type InlineText } from './inline.js';
import type { Block, HeadingBlock, ItemBlock, MarkdownDocument } from './markdown-blocks.js';
import { readOverview } from './overview.js';
import { phaseHeading } from './phase-heading.js';
import { isCriteria } from './phase-names.js';
import { buildDocument } from './plan-builder.js';
import { quote, Remarks, type PlanSource } from './source.js';
import { dependsInParagraphs, dependsInText, idleDepends, remarkIdle } from './stated-depends.js';
import { filesOfBlocks } from './task-files.js';
import { BlockTree, isDone, isScript, leadText, scriptOf } from './task-item.js';

const taskHeading =
  /^[^\p{L}\p{N}[]{0,8}(?:\[[ xX]\]\s{0,3})?task\s{1,3}#?((?:[A-Z]{1,6}[-_]?)?\d{1,9}(?:[.-]\d{1,9}){0,3}[a-z]?)(?![\w.]\w)[*_`]{0,3}\s{0,3}(?:[:：.)]|[-–—])?\s{0,3}[*_]{0,3}\s{0,3}/iu;
/** `### 1.2 Title` under `## Phase 1`, in a file without checkboxes. */
const numberedHeading = /^[^\p{L}\p{N}[]{0,8}((\d{1,4})(?:\.\d{1,4}){1,2})(?![\w.]\w)[*_`]{0,3}[.:：)]?\s{0,3}(?:[-–—]\s{1,3})?[*_]{0,3}\s{0,3}/u;
const maxBody = 200_000;

/** How surely a file is a superpowers plan. */
export function claimsSuperpowers(source: PlanSource): number {
  const { text } = source;
  const tasks = text.match(/^#{2,4} .{0,8}Task (?:[A-Z]{1,6}[-_]?)?\d{1,4}(?:[.-]\d{1,4})?[a-z]?\s{0,3}[:：–—.-]/gm)?.length ?? 0;
  const path = /(?:^|\/)docs\/(?:superpowers\/)?plans\/[^/]+\.md$/.test(source.path);
  const named = /superpowers[:/]/.test(text) || /^[ \t]{0,12}[-*] \[[ xX]\] \*\*Step \d/m.test(text) || /^\*\*Step \d/m.test(text);
  if (tasks === 0) return (path && named) || isNumberedPlan(text) ? 2 : 0;
  const native = /^[ \t]{0,8}[-*+] \[[ xX]\] (?:\*\*|`)?\d{1,3}\.\d{1,3}/m.test(text) && /^#{2,3} .{0,8}Phase \d/m.test(text);
  return native && !named ? 0 : named || path ? 7 : 4;
}

/** Phases whose tasks are numbered headings: `## Phase 1: …` over `### 1.1 …`, and not one checkbox. */
function isNumberedPlan(text: string): boolean {
  if (/^[ \t]{0,12}(?:[-*+]|\d{1,4}[.)])[ \t]{1,4}\[[^\]\n]?\][ \t]/m.test(text)) return false;
  const headings = [...text.matchAll(/^#{2,5}[ \t]{1,4}(\S.{0,200})/gm)].map((match) => match[1] ?? '');
  const phases = new Set(headings.flatMap((heading) => phaseHeading(heading)?.id ?? []));
  return headings.filter((heading) => phases.has(numberedHeading.exec(heading)?.[2] ?? '')).length >= 2;
}

/** The tasks of a superpowers plan with their steps: what `tick` has to mark. */
interface SuperpowersTask {
  readonly heading: HeadingBlock;
  readonly id: string;
  readonly inline: InlineText;
  /** Where in the heading's text the title begins. */
  readonly titleAt: number;
  readonly blocks: readonly Block[];
  /** Paragraphs in block quotes. */
  readonly quoted: readonly Block[];
  /** Steps with a checkbox, in order, those inside other steps too. */
  readonly steps: readonly ItemBlock[];
}

type Section =
  | { readonly kind: 'phase'; readonly id: string | undefined; readonly title: string; readonly heading: HeadingBlock }
  | { readonly kind: 'task'; readonly task: SuperpowersTask };

/** Cuts a file into its phases and tasks. A task reaches to the next heading of its own level or above. */
export function superpowersSections(tree: BlockTree, remarks: Remarks): Section[] {
  const found: Section[] = [];
  let open: { heading: HeadingBlock; blocks: Block[]; quoted: Block[]; steps: ItemBlock[] } | undefined;
  let stray: { item: ItemBlock; count: number } | undefined;
  const numbered = isNumberedPlan(tree.document.text);
  let phaseId: string | undefined;
  for (const block of tree.document.blocks) {
    if (block.quoted) {
      if (open && block.kind === 'paragraph') open.quoted.push(block);
      continue;
    }
    if (block.kind === 'heading' && block.parent < 0) {
      const inline = headingText(tree.document, block);
      const match = taskHeading.exec(inline.text.slice(0, 200)) ?? (numbered ? taskOfPhase(inline.text, phaseId) : null);
      if (open && (block.level <= open.heading.level || match)) open = undefined;
      if (match?.[1] !== undefined) {
        open = { heading: block, blocks: [], quoted: [], steps: [] };
        found.push({
          kind: 'task',
          task: { heading: block, id: match[1], inline, titleAt: match[0].length, blocks: open.blocks, quoted: open.quoted, steps: open.steps },
        });
        continue;
      }
      if (!open) {
        const phase = phaseOf(inline.text);
        phaseId = phase?.id ?? (block.level <= 2 ? undefined : phaseId);
        if (phase) found.push({ kind: 'phase', ...phase, heading: block });
        else if (/^[\W\d_]{0,6}task\b.{0,40}[:：]/i.test(inline.text)) {
          remarks.warn(
            'unclear-task',
            `${quote(inline.text)} looks like a task and was not taken`,
            block.start,
            block.end,
            'write “### Task 3: Title” with a number',
          );
        }
      }
    }
    if (open) {
      open.blocks.push(block);
      if (block.kind === 'item' && block.checkbox) open.steps.push(block);
    } else if (block.kind === 'item' && block.checkbox) {
      stray ??= { item: block, count: 0 };
      stray.count++;
    }
    if (stray && (open || block.kind === 'heading')) stray = reportStray(tree, stray, remarks);
  }
  if (stray) reportStray(tree, stray, remarks);
  return found;
}

/** `1.2 Title` where phase 1 is open, unless it says when the phase counts as done. */
function taskOfPhase(text: string, phase: string | undefined): RegExpExecArray | null {
  const match = numberedHeading.exec(text.slice(0, 200));
  return match && match[2] === phase && !isCriteria(text.slice(match[0].length)) ? match : null;
}

function reportStray(tree: BlockTree, stray: { item: ItemBlock; count: number }, remarks: Remarks): undefined {
  const text = leadText(tree, stray.item, 1)?.text ?? '';
  const more = stray.count > 1 ? ` and ${stray.count - 1} more` : '';
  remarks.warn(
    'checkbox-outside-task',
    `${quote(text)}${more} stand under no task: not run`,
    stray.item.marker,
    undefined,
    'a task is a heading such as “### Task 3: Title”',
  );
}

function phaseOf(text: string): { id: string | undefined; title: string } | undefined {
  const phase = phaseHeading(text);
  if (phase && (phase.separated || phase.rest >= text.length)) return { id: phase.id, title: plain(text.slice(phase.rest)) };
  const other = /^[^\p{L}\p{N}]{0,8}(?:chunk|part|milestone|stage|wave|sprint|batch)\s{1,3}(\d{1,4})\s{0,3}[:：–—-]\s{0,3}(.*)$/iu.exec(text.slice(0, 500));
  return other?.[1] === undefined ? undefined : { id: other[1], title: plain(other[2] ?? '') };
}

/** Reads a superpowers plan. */
export function readSuperpowers(source: PlanSource): PlanDocument {
  const tree = new BlockTree(source.markdown);
  const { lines } = source.markdown;
  const remarks = new Remarks(lines);
  const sections = superpowersSections(tree, remarks);
  const aliases = sections.flatMap((section) =>
    section.kind === 'task' ? [aliasOf(tree.document, section.task) ?? [], /^[A-Za-z]/.test(section.task.id) ? section.task.id : []].flat() : [],
  );
  const grammar = aliases.length === 0 ? numericId : named(numericId, aliases);
  const phases: DraftPhase[] = [];
  let phase: DraftPhase | undefined;
  for (const section of sections) {
    if (section.kind === 'phase') {
      phase = draftPhase(section.id ?? '', section.title, section.heading.start, section.heading.end, 'file');
      phases.push(phase);
      continue;
    }
    if (!phase) {
      phase = draftPhase(String(phases.length + 1), '', section.task.heading.start, section.task.heading.end, 'file');
      phases.push(phase);
    }
    phase.tasks.push(draftOf(tree, section.task, phase, grammar, remarks));
  }
  const kept = phases.filter((one) => one.tasks.length > 0);
  remarkDrawnOrder(remarks, source.markdown, kept, grammar);
  if (kept.length === 0) remarks.warn('no-tasks', 'this file has no task', 0, undefined, 'a task is a heading such as “### Task 1: Title”');
  const first = sections[0] && (sections[0].kind === 'phase' ? sections[0].heading : sections[0].task.heading);
  const overview = readOverview(source.markdown, first?.index ?? source.markdown.blocks.length);
  return buildDocument(
    {
      format: 'superpowers',
      ...overview,
      frontMatter: source.markdown.frontMatter,
      phases: kept,
      groups: [],
      notes: [],
      waves: undefined,
      grammar,
    },
    lines,
    remarks,
  );
}

function draftOf(tree: BlockTree, task: SuperpowersTask, phase: DraftPhase, grammar: IdGrammar, remarks: Remarks): DraftTask {
  const { inline, heading, titleAt, steps, blocks } = task;
  const { document } = tree;
  for (const block of task.quoted) {
    for (const list of block.kind === 'paragraph' ? idleDepends(document, block, grammar) : [])
      remarkIdle(remarks, list, 'in a block quote', 'take the “>” away');
  }
  const annotations = readAnnotations(inline, remarks, 'foreign');
  const spans = annotations.spans.filter((span) => span.at >= titleAt).map((span) => ({ at: span.at - titleAt, end: span.end - titleAt }));
  const title = plain(withoutSpans(inline.text.slice(titleAt), spans));
  const ticked = /✅|☑|✔/u.test(inline.text) || /\[[xX]\]/.test(inline.text.slice(0, titleAt));
  if (ticked) remarks.info('task-marked-done', `the heading marks task ${task.id} as done`, heading.start, heading.end);
  const outer = blocks.filter((block) => block.parent < 0 || blocks[0] === undefined);
  const texts = blocks.filter((block) => block.kind === 'paragraph');
  const lead = blocks.find((block) => block.kind !== 'rule');
  return {
    id: task.id,
    alias: aliasOf(document, task),
    title: title.replace(/\s*(?:✅|☑|✔)\ufe0f?\s*/gu, ' ').trim(),
    offset: heading.start + inline.text.indexOf(task.id),
    endOffset: heading.start + inline.text.indexOf(task.id) + task.id.length,
    done: ticked || (steps.length > 0 && steps.every((step) => isDone(step.checkbox?.mark ?? ''))),
    checkbox: steps.length === 1 ? steps[0]?.checkbox?.offset : undefined,
    kind: 'task',
    group: phase.title === '' ? [] : [phase.title],
    body: bodyText(tree, heading, blocks),
    script: lead && isScript(lead) ? scriptOf(lead) : undefined,
    parallel: false,
    optional: false,
    files: filesOf(tree, outer, annotations.files),
    size: annotations.size,
    estimateSeconds: annotations.estimateSeconds,
    uses: annotations.uses,
    changesNothing: annotations.changesNothing,
    timeoutSeconds: annotations.timeoutSeconds,
    retries: annotations.retries,
    depends: [
      ...annotations.depends,
      ...dependsInText(inline, grammar, annotations.spans, remarks),
      ...dependsInParagraphs(document, texts, grammar, remarks),
    ],
    sequential: false,
    parent: undefined,
    children: [],
    phase,
  };
}

/** The name that a line such as `**id**: parser` gives a task; other tasks may wait for it. */
function aliasOf(document: MarkdownDocument, task: SuperpowersTask): string | undefined {
  const first = task.blocks.find((block) => block.kind === 'paragraph');
  const text = first ? document.text.slice(first.segments[0], (first.segments[0] ?? 0) + 200) : '';
  return /^\*\*(?:id|task id)(?::\*\*|\*\*\s?:)\s{0,4}`?([A-Za-z][\w-]{0,99})`?\s*$/im.exec(text.split(/\r|\n/, 1)[0] ?? '')?.[1];
}

/** The Files list when there is one; otherwise what the text names. */
function filesOf(tree: BlockTree, outer: readonly Block[], lists: readonly { readonly text: string }[]): FileMention[] {
  let stated = false;
  const marked = outer.map((block) => {
    if (block.kind === 'paragraph')
      stated = /^[\s*_]{0,4}files?\b[^:：]{0,40}[:：]/i.test(tree.document.text.slice(block.segments[0], (block.segments[0] ?? 0) + 80));
    else if (block.kind !== 'item') stated = false;
    return { block, stated: stated && (block.kind === 'item' || block.kind === 'paragraph') };
  });
  const all = filesOfBlocks(tree, marked, new Set());
  const own = all.filter((file) => file.stated);
  const annotated = lists.flatMap((list) => filesOfList(list.text));
  const chosen = own.length + annotated.length > 0 ? [...annotated, ...own] : all;
  return [...new Map(chosen.map((file) => [file.path, file])).values()];
}

function filesOfList(text: string): FileMention[] {
  return text
    .split(/[,;\s]+/)
    .slice(0, 300)
    .map((path) => path.replace(/[`'"]/g, ''))
    .filter((path) => path !== '')
    .map((path) => ({ path, stated: true }));
}

function bodyText(tree: BlockTree, heading: HeadingBlock, blocks: readonly Block[]): string {
  const { lines, text } = tree.document;
  const last = blocks.reduce((most, block) => Math.max(most, block.lastLine), heading.lastLine);
  const from = lines.starts[heading.lastLine] ?? text.length;
  const to = last > heading.lastLine ? (lines.ends[last - 1] ?? from) : from;
  return text
    .slice(from, Math.min(to, from + maxBody))
    .replace(/\r\n?/g, '\n')
    .replace(/^\s*\n/, '')
    .trimEnd()
    .replace(/\n+(?:-{3,}|\*{3,})$/, '')
    .trimEnd();
}
