/** What stands before and beside the phases: title, goal, metadata, and prose about other plans. */
import type { PlanDocument } from '../model/plan-document.js';
import { headingText, paragraphText, plain } from './inline.js';
import type { Block, MarkdownDocument } from './markdown-blocks.js';

/** The metadata of a plan file. */
export interface Overview {
  readonly title: string;
  readonly goal: string | undefined;
  readonly overview: { readonly key: string; readonly value: string }[];
  readonly suggestions: PlanDocument['suggestions'];
}

const maxEntries = 60;
const entry = /^(?:\*\*|__)([^*_:：\n]{1,60}?)(?:[:：]\s{0,2}(?:\*\*|__)|(?:\*\*|__)\s{0,2}[:：])\s{0,4}(\S.{0,2000})$/;

/** Reads title, `- **Goal:** …` entries and upstream prose; `first` is the index of the block at which phases or tasks begin. */
export function readOverview(document: MarkdownDocument, first: number): Overview {
  const heading = document.blocks.find((block) => block.kind === 'heading' && block.level === 1 && block.parent < 0 && !block.quoted);
  const title = heading?.kind === 'heading' ? plain(headingText(document, heading).text) : '';
  const found: { key: string; value: string }[] = [];
  let section = '';
  for (const block of document.blocks.slice(0, first)) {
    if (block.quoted || found.length >= maxEntries) continue;
    if (block.kind === 'heading') section = block.level === 1 ? '' : plain(headingText(document, block).text).toLowerCase();
    if (block.kind !== 'paragraph' || (section !== '' && !/overview|summary|meta|about|goal|objective/.test(section))) continue;
    for (let index = 0; index < block.segments.length && found.length < maxEntries; index += 2) {
      const text = document.text.slice(block.segments[index], block.segments[index + 1]).trim();
      const match = text.length < 2200 ? entry.exec(text) : null;
      if (match) found.push({ key: plain(match[1] ?? ''), value: plain(match[2] ?? '') });
    }
  }
  const goal = found.find((one) => /^(?:goal|objective|purpose|ziel|objetivo|objectif|цель|目标|目的)s?$/i.test(one.key))?.value;
  return { title: title.slice(0, 500), goal, overview: found, suggestions: suggestions(document) };
}

const maxSuggestions = 100;

/** Plans named under `### Upstream` or after `Upstream:`; people decide what they mean. */
function suggestions(document: MarkdownDocument): PlanDocument['suggestions'] {
  const found: { file: string; text: string; place: PlanDocument['suggestions'][number]['place'] }[] = [];
  let upstream = 0;
  let dependencies = 0;
  for (const block of document.blocks) {
    if (block.quoted || found.length >= maxSuggestions) continue;
    if (block.kind === 'heading' && block.parent < 0) {
      const text = plain(headingText(document, block).text);
      if (block.level <= upstream) upstream = 0;
      if (block.level <= dependencies) dependencies = 0;
      if (/^(?:downstream|external|none)\b/i.test(text)) {
        upstream = 0;
        dependencies = 0;
      }
      if (/^upstream\b/i.test(text)) upstream = block.level;
      else if (/^(?:dependencies|depends on|prerequisites|requires)\b/i.test(text)) dependencies = block.level;
    }
    if (block.kind !== 'paragraph') continue;
    const start = block.segments[0] ?? 0;
    const label = /^[\s*_]{0,4}(?:upstream|depends on plans?|prerequisite plans?)[\s*_]{0,4}[:：]/i.test(document.text.slice(start, start + 60));
    if ((upstream === 0 && dependencies === 0 && !label) || isNested(document.blocks, block)) continue;
    const text = paragraphText(document, block, 0, 4);
    for (const name of plansNamed(text.text, upstream > 0)) {
      const offset = (block.segments[0] ?? 0) + name.at;
      found.push({ file: name.file, text: plain(text.text).slice(0, 300), place: document.lines.place(offset, offset + name.file.length) });
    }
  }
  return found;
}

function isNested(blocks: readonly Block[], block: Block): boolean {
  const item = blocks[block.parent];
  return item !== undefined && item.parent >= 0;
}

/** Names of plan files in a line; in an Upstream section a bold or code slug without `.md` too. */
function plansNamed(text: string, section: boolean): { file: string; at: number }[] {
  const line = text.slice(0, 1000);
  const files = [...line.matchAll(/[\w./-]{1,200}\.md(?!\w)/g)].map((match) => ({ file: match[0], at: match.index }));
  if (files.length > 0 || !section) return files;
  const slug = /^\s{0,3}(?:\*\*|`|\[)([A-Za-z][\w./]{0,100}-[\w./-]{1,150})(?:\*\*|`|\])/.exec(line);
  return slug?.[1] === undefined ? [] : [{ file: slug[1], at: slug[0].indexOf(slug[1]) }];
}
