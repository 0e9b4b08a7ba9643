/** Dependencies that stand in a task's text instead of parentheses: `_Depends: 1.2, 2.3_`, `- **Depends on:** Task 1`, `**Depends on** T010.` */
import { namedThings, saysNothing } from './dependency-text.js';
import type { StatedList } from './draft.js';
import type { IdGrammar } from './ids.js';
import { offsetAt, type InlineText } from './inline.js';
import { quote, type Remarks } from './source.js';
import type { BlockTree } from './task-item.js';
import type { Block, ItemBlock, MarkdownDocument, ParagraphBlock } from './markdown.js';

/** At the start of a line, or in bold behind a bar or a dot: `**Phase:** 1 · **Depends on:** Task 2 | **Files:** …`. */
const line =
  /(?:^[\s*_]{0,6}|[|·•]\s{0,3}\*\*)(?:depends?(?: on)?|dependency|dependencies|blocked by)[\s*_]{0,4}(?:[:：][\s*_]{0,4})(.{0,2000})$/i;
const inText = /\bdepends?\s{1,3}(?:up)?on\b[\s*_:]{0,6}/gi;

/** The list that a line of a task's body states when it is nothing but a list of ids; undefined for prose, reported when it holds ids. */
function lineList(text: string, offset: number, grammar: IdGrammar, remarks: Remarks): StatedList | undefined {
  const match = line.exec(text.slice(0, 2100));
  const raw = match?.[1];
  if (raw === undefined) return undefined;
  // `_Depends: 1.2_ _Boundary: X_`: the emphasis ends the list.
  const emphasis = /^[\s*]{0,6}_/.test(text) ? raw.search(/_(?:\s|$)/) : -1;
  const next = raw.search(/\s[|·•]\s|\*\*[A-Z]/);
  const ends = [emphasis, next].filter((end) => end >= 0);
  const list = raw.slice(0, Math.min(raw.length, ...ends)).replace(/[\s*_.]+$/, '');
  const at = (match?.index ?? 0) + (match?.[0].length ?? 0) - raw.length;
  if (saysNothing(list)) return { text: list, offset: offset + at };
  const things = namedThings(list, grammar, false);
  const clear = things.length > 0 && things.every((thing) => thing.kind !== 'unclear' && thing.kind !== 'foreign');
  if (clear) return { text: list, offset: offset + at };
  if (things.some((thing) => thing.kind === 'range' || (thing.kind === 'task' && /\d\.\d|^T\d/.test(thing.id)))) {
    remarks.warn(
      'unclear-dependency',
      `${quote(list)} looks like a dependency and was not taken`,
      offset + at,
      offset + at + list.length,
      'write nothing but ids, separated by commas',
    );
  }
  return undefined;
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

/** Lists stated in passing in a task's own line, `… **Depends on** T010, T011.`; only what follows as ids counts. */
export function dependsInText(
  inline: InlineText,
  grammar: IdGrammar,
  taken: readonly { readonly at: number; readonly end: number }[],
): StatedList[] {
  const found: StatedList[] = [];
  for (const match of inline.masked.matchAll(inText)) {
    const at = match.index + match[0].length;
    if (taken.some((span) => match.index >= span.at && match.index < span.end)) continue;
    const stretch = inline.masked.slice(at, at + 500);
    const end = stretch.search(/[.;)\u0000](?:\s|$|\*|\))|\)/);
    const things = namedThings(end < 0 ? stretch : stretch.slice(0, end), grammar, false);
    const stop = things.findIndex((thing) => thing.kind === 'unclear' || thing.kind === 'foreign');
    const clear = stop < 0 ? things : things.slice(0, stop);
    const last = clear.at(-1);
    if (last) found.push({ text: inline.text.slice(at, at + last.end), offset: offsetAt(inline, at) });
  }
  return found;
}

/** A task's own text below its title: its paragraphs and those of its plain bullets, not its subtasks'. */
export function ownBlocks(tree: BlockTree, item: ItemBlock, titleLines: number): Block[] {
  const lead = tree.lead(item);
  return tree.of(item.index).flatMap((block): readonly Block[] => {
    if (block.kind === 'item') return block.checkbox ? [] : tree.of(block.index);
    return lead && block.index === lead.index ? [restOfLead(lead, titleLines)] : [block];
  });
}

function restOfLead(lead: ParagraphBlock, lines: number): ParagraphBlock {
  return { ...lead, segments: lead.segments.slice(lines * 2) };
}
