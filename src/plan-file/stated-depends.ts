/** Dependencies that stand in a task's text instead of parentheses: `_Depends: 1.2, 2.3_`, `- **Depends on:** Task 1`, `**Depends on** T010.` */
import { namedThings, saysNothing, type NamedThing } from './dependency-text.js';
import { isUnmistakable, saidDependencies } from './dependency-words.js';
import type { StatedList } from './draft.js';
import type { IdGrammar } from './ids.js';
import { offsetAt, type InlineText } from './inline.js';
import { quote, type Remarks } from './source.js';
import type { BlockTree, TaskLine } from './task-item.js';
import type { Block, ItemBlock, MarkdownDocument, ParagraphBlock } from './markdown-blocks.js';

const keyword =
  'depends?(?:[ _]?on)?|dependency|dependencies|dependencias?|dependências?|dépend(?:ances| de)?|abhängig(?:keiten)?(?: von)?|зависит от|зависимости|blocked[ _]by|依赖(?:于|任务|项|关系)?|依賴(?:於)?|依存(?:関係|先|タスク)?|前置(?:条件|任务|依赖|タスク)|의존성?|선행 ?작업';
/** At the start of a line, or in bold behind other things: `**Phase:** 1 · **Depends on:** Task 2 | **Files:** …`. */
const line = new RegExp(`(?:^[\\s*_]{0,6}|[|·•\\s]\\*\\*)(?:${keyword})[\\s*_]{0,4}(?:[:：][\\s*_]{0,4})(.{0,2000})$`, 'iu');
/** Words that mostly stand before other things than tasks. */
const prerequisites = /^[\s*_-]{0,6}(?:prerequisites?|prereqs?|requires)[\s*_]{0,4}[:：][\s*_]{0,4}(?=tasks?\s{1,3}#?\d|T-?\d{2})(.{0,2000})$/iu;
const inText = /\bdepends?\s{1,3}(?:up)?on\b[\s*_:]{0,6}|\|\s{0,3}(?:depends|deps|dependencies)\s{0,3}:\s{0,3}|依赖(?:于)?[:：\s]{1,3}|依存(?:先)?[:：\s]{1,3}/gi;
/** `（1.1, 1.2に依存）`: the word stands behind what it is about. */
const behind = /[(（]([^()（）]{1,200}?)\s{0,3}(?:に依存(?:する)?|에\s{0,3}의존)[)）]/g;
/** Says that something waits, in words that are not taken. */
const waits = /\b(?:only|start|run)\s{1,3}after\s{1,3}[*_`]{0,3}(?:tasks?\s{1,3})?(?=T-?\d|\d{1,4}\.\d)/gi;
/** Says that something else waits for this task. */
const precedes = /\b(?:(?:must\s{1,3})?precedes?|must\s{1,3}(?:be\s{1,3}\w{1,12}|come|run|finish)\s{1,3}before|blocks)\s{1,3}[*_`]{0,3}(?:tasks?\s{1,3})?(?=T-?\d|[A-Z]{1,8}-\d|\d{1,4}\.\d)/gi;

/** `T001 must precede T004`, `T004 after T001`, in a line of its own. */
const orderly = /^[\s*_`-]{0,6}(?:tasks?\s{1,3})?(?:T-?\d{1,5}[a-z]?|\d{1,4}\.\d{1,4})[\s*_`]{1,4}(?:(?!depend)\w{1,12}\s{1,3}){0,3}?(?:precedes?|before|after|blocks|follows?|requires|needs|blocked\s{1,3}by)\s{1,3}[*_`]{0,3}(?:tasks?\s{1,3})?((?:T-?\d|\d{1,4}\.\d).{0,200})/iu;

const done = /\b(?:completed?s?|done|finish(?:es|ed)?|merged|green|pass(?:es|ed)?|lands?|landed)\b/i;

/** Where the first sentence of a text ends; what stands in parentheses ends none. */
function sentenceEnd(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '(' || character === '（') depth++;
    else if (character === ')' || character === '）') depth--;
    else if (depth <= 0 && (character === '。' || (character === '.' && /^(?:\s|$)/.test(text.charAt(at + 1))))) return at;
  }
  return text.length;
}

/** The list that a line states: its first sentence as far as it names things. What else holds ids is reported. */
function lineList(text: string, offset: number, grammar: IdGrammar, remarks: Remarks): StatedList | undefined {
  const match = line.exec(text.slice(0, 2100)) ?? prerequisites.exec(text.slice(0, 2100));
  const raw = match?.[1];
  if (raw === undefined) return undefined;
  // `_Depends: 1.2_ _Boundary: X_`: the emphasis ends the list.
  const emphasis = /^[\s*]{0,6}_/.test(text) ? raw.search(/_(?:\s|$)/) : -1;
  const next = raw.search(/\s[|·•]\s|\*\*[A-Z]/);
  const ends = [emphasis, next, sentenceEnd(raw)].filter((end) => end >= 0);
  const list = raw.slice(0, Math.min(raw.length, ...ends)).replace(/[\s*_.]+$/, '');
  const at = offset + (match?.index ?? 0) + (match?.[0].length ?? 0) - raw.length;
  if (saysNothing(list)) return { text: list, offset: at };
  const things = namedThings(list, grammar, 'none');
  const stop = things.findIndex((thing) => thing.kind === 'unclear');
  const clear = stop < 0 ? things : things.slice(0, stop);
  const rest = stop < 0 ? [] : things.slice(stop);
  if (rest.some((thing) => thing.kind === 'range' || thing.kind === 'phases' || (thing.kind === 'task' && /\d\.\d|^T/.test(thing.id)))) {
    const from = clear.length > 0 ? (rest[0]?.at ?? 0) : 0;
    remarks.warn(
      'unclear-dependency',
      `${quote(list.slice(from))} looks like a dependency and was not taken`,
      at + from,
      at + list.length,
      'write nothing but ids, separated by commas',
    );
  }
  const last = clear.at(-1);
  return last && { text: list.slice(0, last.end), offset: at };
}

/** Lists stated on lines of their own in these paragraphs. */
export function dependsInParagraphs(
  document: MarkdownDocument,
  blocks: readonly Block[],
  grammar: IdGrammar,
  remarks: Remarks,
): StatedList[] {
  const found: StatedList[] = [];
  for (const block of blocks) {
    if (block.kind !== 'paragraph' || block.quoted) continue;
    for (let index = 0; index < block.segments.length; index += 2) {
      const start = block.segments[index] ?? 0;
      const list = lineList(document.text.slice(start, block.segments[index + 1]), start, grammar, remarks);
      if (list) found.push(list);
    }
  }
  return found;
}

/** Tells whether a place lies in one of these stretches; places and stretches come in order. */
function inside(spans: readonly { readonly at: number; readonly end: number }[]): (at: number) => boolean {
  let next = 0;
  return (at) => {
    while ((spans[next]?.end ?? Infinity) <= at) next++;
    return (spans[next]?.at ?? Infinity) <= at;
  };
}

/** The text from a place to where its sentence or parenthesis ends. */
function listAt(inline: InlineText, at: number, next: number | undefined): string {
  const stretch = inline.masked.slice(at, Math.min(at + 500, next ?? Infinity));
  const end = stretch.search(/[.;\u0000](?:\s|$|\*|\))|[|)）\]}】；。]/);
  return end < 0 ? stretch : stretch.slice(0, end);
}

/** What a list names before it turns into prose. */
function clearThings(list: string, grammar: IdGrammar): NamedThing[] {
  const things = namedThings(list, grammar, 'none');
  const stop = things.findIndex((thing) => thing.kind === 'unclear');
  return stop < 0 ? things : things.slice(0, stop);
}

/** Lists stated in passing in a task's own line, `… **Depends on** T010, T011.`; only what follows as ids counts. */
export function dependsInText(
  inline: InlineText,
  grammar: IdGrammar,
  taken: readonly { readonly at: number; readonly end: number }[],
  remarks: Remarks,
): StatedList[] {
  const found: StatedList[] = [];
  for (const [words, hint] of [[waits, 'write “(depends on …)”'], [precedes, 'write “(depends on …)” on the task that waits']] as const) {
    const isTaken = inside(taken);
    for (const match of inline.masked.matchAll(words)) {
      const id = grammar(inline.text, match.index + match[0].length);
      if (id === undefined || isTaken(match.index) || inline.masked.charAt(match.index - 1) === '(' && words === waits) continue;
      const end = match.index + match[0].length + id.length;
      remarks.warn(
        'unclear-dependency',
        `${quote(inline.text.slice(match.index, end))} looks like a dependency and was not taken`,
        offsetAt(inline, match.index),
        offsetAt(inline, end),
        hint,
      );
    }
  }
  const matches = [...inline.masked.matchAll(inText)];
  const isTaken = inside(taken);
  for (const [index, match] of matches.entries()) {
    const at = match.index + match[0].length;
    if (isTaken(match.index)) continue;
    const list = listAt(inline, at, matches[index + 1]?.index);
    if (/[:：]/.test(match[0]) && /\S/.test(list) && saysNothing(list)) found.push({ text: list, offset: offsetAt(inline, at) });
    const last = clearThings(list, grammar).at(-1);
    if (last) found.push({ text: inline.text.slice(at, at + last.end), offset: offsetAt(inline, at) });
  }
  const isAnnotation = inside(taken);
  const isKnown = inside(matches.map((match) => ({ at: match.index - 1, end: match.index + match[0].length })));
  const allSaid = [...saidDependencies(inline.masked)];
  for (const [index, said] of allSaid.entries()) {
    if (isAnnotation(said.at) || isKnown(said.at)) continue;
    const list = listAt(inline, said.end, allSaid[index + 1]?.at);
    const things = clearThings(list, grammar);
    const last = things.at(-1);
    if (!last || (said.how === 'condition' && !(done.test(list) && things.every((thing) => isUnmistakable(thing, list))))) continue;
    const ifKnown = said.how === 'verb' && !things.every((thing) => isUnmistakable(thing, list));
    const text = inline.text.slice(said.end, said.end + last.end);
    found.push({ text, offset: offsetAt(inline, said.end), ...(ifKnown ? { ifKnown } : {}) });
  }
  for (const match of inline.masked.matchAll(behind)) {
    const list = match[1] ?? '';
    if (namedThings(list, grammar, 'none').every((thing) => thing.kind !== 'unclear')) found.push({ text: list, offset: offsetAt(inline, match.index + 1) });
  }
  return found;
}

/** Everything that a task states to wait for outside of its annotations: in its line and in its text. */
export function dependsOfTask(tree: BlockTree, item: ItemBlock, task: TaskLine, grammar: IdGrammar, remarks: Remarks): StatedList[] {
  return [
    ...dependsInText(task.inline, grammar, task.annotations.spans, remarks),
    ...dependsInParagraphs(tree.document, ownBlocks(tree, item, task.lines), grammar, remarks),
  ];
}

/** A task's own text below its title: its paragraphs and those of its plain bullets, not its subtasks'. */
function ownBlocks(tree: BlockTree, item: ItemBlock, titleLines: number): Block[] {
  const lead = tree.lead(item);
  return tree.of(item.index).flatMap((block): readonly Block[] => {
    if (block.kind === 'item') return block.checkbox ? [] : tree.of(block.index);
    return lead && block.index === lead.index ? [restOfLead(lead, titleLines)] : [block];
  });
}

function restOfLead(lead: ParagraphBlock, lines: number): ParagraphBlock {
  return { ...lead, segments: lead.segments.slice(lines * 2) };
}

/** Lists of a paragraph that belongs to no task; prose in which an id stands before the words (`T007 depends on T003`) among them. */
export function idleDepends(document: MarkdownDocument, paragraph: ParagraphBlock, grammar: IdGrammar): StatedList[] {
  const found: StatedList[] = [];
  for (let index = 0; index < paragraph.segments.length; index += 2) {
    const start = paragraph.segments[index] ?? 0;
    const text = document.text.slice(start, Math.min(paragraph.segments[index + 1] ?? start, start + 2000));
    const match = line.exec(text) ?? orderly.exec(text) ?? /\bdepends?\s{1,3}on\s(.{1,200})|^[\s*_]{0,4}(?:T-?)?\d{1,5}(?:\.\d{1,5}){0,3}[a-z]?[\s*_]{0,4}(?:→|->|⇒)[\s*_]{0,4}((?:T-?)?\d.{0,200})/iu.exec(text);
    const list = match?.[1] ?? match?.[2];
    if (match === null || list === undefined || saysNothing(list)) continue;
    if (namedThings(list, grammar, 'none').some((thing) => thing.kind !== 'unclear'))
      found.push({ text: match[0].trim(), offset: start + match.index + match[0].search(/\S/) });
  }
  return found;
}

/** Says that a list was not taken because of where it stands. */
export function remarkIdle(remarks: Remarks, list: StatedList, where: string, hint: string): void {
  remarks.warn(
    'unclear-dependency',
    `${quote(list.text)} stands ${where}, so it was not taken`,
    list.offset,
    list.offset + list.text.length,
    hint,
  );
}

/** One remark for all that a file says about order outside of its tasks. */
export function remarkIdleLists(remarks: Remarks, lists: readonly StatedList[], where: string): void {
  const [first] = lists;
  if (!first) return;
  const more = lists.length === 1 ? '' : ` (and ${lists.length - 1} more such lines)`;
  // What says no more than that a phase follows another is how most files read anyway.
  remarks.say(
    lists.some((list) => /T-?\d|\d\.\d/.test(list.text)) ? 'warning' : 'info',
    'order-in-prose',
    `${quote(first.text)}${more} stands ${where}, so it orders nothing`,
    first.offset,
    first.offset + first.text.length,
    'write “(depends on …)” on the tasks',
  );
}
