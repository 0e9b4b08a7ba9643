/** What a file draws or tabulates about order — `T001 --> T002` in a mermaid block, a “Depends on” column — and its tasks do not say. */
import { namedThings } from './dependency-text.js';
import type { DraftPhase, DraftTask } from './draft.js';
import type { IdGrammar } from './ids.js';
import type { FenceBlock, MarkdownDocument, ParagraphBlock } from './markdown-blocks.js';
import { quote, type Remarks } from './source.js';

/** `to` waits for `from`; where the line that says so begins. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly offset: number;
  readonly text: string;
}

/** Looked for at the beginning of a run of dashes only: a line of them is read once. */
const arrow = /(?:(?<!-)--+>|(?<!=)==+>|-\.+->|--[^->]{1,40}-->)(?:\|[^|]{0,60}\|)?/;
const dependsColumn = /^(?:depend(?:s|encies|ency)?(?: on)?|deps|blocked by|prerequisites?|requires|依赖|依存|前置(?:任务)?)$/i;
/** Edges looked at; a drawing of more is no drawing. */
const maxEdges = 20_000;

/** Reports the edges of drawings and tables that neither the order of the file nor a dependency of a task guarantees: one remark for all. */
export function remarkDrawnOrder(remarks: Remarks, document: MarkdownDocument, phases: readonly DraftPhase[], grammar: IdGrammar): void {
  const tasks = new Map<string, { task: DraftTask; phase: number; place: number }>();
  for (const [phase, { tasks: inPhase }] of phases.entries()) for (const [place, task] of inPhase.entries()) tasks.set(task.id, { task, phase, place });
  const missing: Edge[] = [];
  const isStated = statedNames(grammar);
  for (const edge of edges(document, grammar)) {
    const from = tasks.get(edge.from);
    const to = tasks.get(edge.to);
    if (!from || !to || from === to || from.task.done || to.task.done) continue;
    const barrier = from.phase < to.phase && !(from.task.phase.parallel && to.task.phase.parallel) && to.task.phase.depends.length === 0;
    const inOrder = from.phase === to.phase && from.place < to.place && to.task.phase.order === 'file' && !to.task.parallel;
    const stated = to.task.depends.length > 0;
    if (!stated && (barrier || inOrder)) continue;
    if (isStated(to.task, edge.from)) continue;
    missing.push(edge);
  }
  const [first] = missing;
  if (!first) return;
  const more = missing.length === 1 ? '' : ` (and ${missing.length - 1} more)`;
  remarks.warn(
    'order-in-prose',
    `${quote(first.text)} has ${first.to} wait for ${first.from}${more}; the tasks do not say so, and nothing else orders them`,
    first.offset,
    first.offset + first.text.length,
    `write “(depends on ${first.from})” on ${first.to}`,
  );
}

/** Tells whether a task states to wait for one of this id, or for a range or phase that may hold it; each task is read once. */
function statedNames(grammar: IdGrammar): (task: DraftTask, id: string) => boolean {
  const known = new Map<DraftTask, ReadonlySet<string>>();
  return (task, id) => {
    const things = known.get(task) ?? new Set(task.depends.flatMap((list) => namedThings(list.text, grammar, 'none')).map((thing) => (thing.kind === 'task' ? thing.id : '*')));
    known.set(task, things);
    return things.has(id) || things.has('*');
  };
}

function* edges(document: MarkdownDocument, grammar: IdGrammar): Generator<Edge> {
  let count = 0;
  for (const block of document.blocks) {
    if (block.quoted) continue;
    const found = block.kind === 'fence' && /^mermaid\b/i.test(block.info) ? drawn(document, block, grammar) : block.kind === 'paragraph' ? tabled(document, block, grammar) : [];
    for (const edge of found) {
      if (count++ >= maxEdges) return;
      yield edge;
    }
  }
}

/** `T001 --> T002 & T003`; a node may be called otherwise and labelled with the id: `A[T001: Setup]`. */
function* drawn({ lines }: MarkdownDocument, fence: FenceBlock, grammar: IdGrammar): Generator<Edge> {
  if (!/^\s*(?:graph|flowchart)\b/i.test(fence.lines.find((line) => line.trim() !== '') ?? '')) return;
  const names = new Map<string, string>();
  const idOf = (node: string): string | undefined => {
    const match = /^([\p{L}\p{N}_.-]{1,60}?)(?:\s{0,3}[[({>]{1,3}"?\s{0,3}([^\])}"]{0,200}).*)?\s{0,3};?$/u.exec(node.trim().slice(0, 400));
    const name = match?.[1] ?? '';
    const label = match?.[2] ?? '';
    const id = [name, label].map((text) => grammar(text, 0)).find((found) => found !== undefined);
    if (id !== undefined && !names.has(name)) names.set(name, id);
    return names.get(name);
  };
  for (const [index, line] of fence.lines.entries()) {
    const stages = line.slice(0, 2000).split(arrow).map((stage) => stage.split(/\s&\s/).map(idOf));
    const offset = lines.starts[fence.line + index] ?? 0;
    for (const [at, stage] of stages.entries())
      for (const from of stage)
        for (const to of stages[at + 1] ?? []) if (from !== undefined && to !== undefined) yield { from, to, offset, text: line.trim() };
  }
}

/** Rows of a table with a column of ids and one of what they depend on. */
function* tabled({ text }: MarkdownDocument, table: ParagraphBlock, grammar: IdGrammar): Generator<Edge> {
  const { segments } = table;
  const row = (index: number): string => text.slice(segments[index * 2], Math.min(segments[index * 2 + 1] ?? 0, (segments[index * 2] ?? 0) + 4000));
  const cells = (line: string): string[] => line.replace(/^\s*\||\|\s*$/g, '').split('|').map((cell) => cell.replace(/[*`~]/g, '').trim());
  if (segments.length < 6 || !/^[\s|:-]+$/.test(row(1)) || !row(1).includes('-')) return;
  const column = cells(row(0)).findIndex((cell) => dependsColumn.test(cell));
  if (column < 1) return;
  for (let index = 2; index * 2 < segments.length; index++) {
    const line = cells(row(index));
    const to = line.slice(0, column).map((cell) => grammar(cell, 0)).find((id) => id !== undefined);
    if (to === undefined) continue;
    for (const thing of namedThings(line[column] ?? '', grammar, 'none'))
      if (thing.kind === 'task') yield { from: thing.id, to, offset: segments[index * 2] ?? 0, text: row(index).trim() };
  }
}
