/** The files that a task's text names: in lists of files, in bullets, in passing. */
import type { FileMention } from '../model/plan-document.js';
import { filesNamed } from './files-named.js';
import { paragraphText } from './inline.js';
import type { Block, ItemBlock, MarkdownDocument, ParagraphBlock } from './markdown-blocks.js';
import type { BlockTree } from './task-item.js';

const filesLabel =
  /^[\s*_`-]{0,6}(?:files?|file paths?|files? (?:to (?:be )?)?(?:modify|modified|change|changed|create|created|edit|touch|touched|affected)(?:\s?\/\s?\w+)?|(?:affected|modified|changed|target|new) files?)(?: \([^)]{0,40}\))?[\s*_`]{0,4}[:：]/i;
const writes =
  /^[\s*_`-]{0,6}(?:create|creates?d?|modify|modified|update|test|tests|add|edit|delete|remove|rename|move|new|change|write|implement|extend)(?:\s?[/&]\s?[a-z]{1,10})?(?: \([^)]{0,60}\))?[\s*_`]{0,4}[:：]/i;
const reads =
  /^[\s*_`-]{0,6}(?:read|reads|reference|references|see|context|review|unchanged|do not (?:touch|modify|edit)|no change|verify|run|leverage)(?: \([^)]{0,60}\))?[\s*_`]{0,4}[:：]/i;
const untouched = /^[\s*_`-]{0,6}(?:no changes? (?:to|in|needed)|do not (?:touch|modify|edit|change))\b/i;

/** Every path that an item's text names; Files lists count as stated, code blocks and what is only read do not count at all. */
export function filesOfItem(tree: BlockTree, item: ItemBlock, except: ReadonlySet<number>): FileMention[] {
  const open: { block: Block; stated: boolean }[] = [{ block: item, stated: false }];
  return filesOfBlocks(tree, open, except);
}

/** Paths named by a run of sibling blocks and all that they hold. */
export function filesOfBlocks(
  tree: BlockTree,
  start: readonly { readonly block: Block; readonly stated: boolean }[],
  except: ReadonlySet<number>,
): FileMention[] {
  const found = new Map<string, FileMention>();
  const open = [...start].reverse();
  while (open.length > 0 && found.size < 300) {
    const top = open.pop();
    if (!top || top.block.quoted) continue;
    const { block } = top;
    if (block.kind === 'paragraph')
      for (const file of filesOfParagraph(tree.document, block, top.stated))
        if (!found.has(file.path) || file.stated) found.set(file.path, file);
    if (block.kind !== 'item' || except.has(block.index)) continue;
    const lead = tree.lead(block);
    const text = lead ? paragraphText(tree.document, lead, 0, 1).text.slice(0, 200) : '';
    if (reads.test(text) || untouched.test(text)) continue;
    let stated = top.stated || filesLabel.test(text);
    const children: { block: Block; stated: boolean }[] = [];
    for (const child of tree.of(block.index)) {
      if (child.kind === 'paragraph' && child.index !== lead?.index)
        stated = top.stated || filesLabel.test(paragraphText(tree.document, child, 0, 1).text.slice(0, 200));
      children.push({ block: child, stated });
    }
    for (const child of children.reverse()) open.push(child);
  }
  return [...found.values()];
}

function filesOfParagraph(document: MarkdownDocument, paragraph: ParagraphBlock, stated: boolean): FileMention[] {
  const text = paragraphText(document, paragraph).text;
  const head = text.slice(0, 200);
  if (reads.test(head) || untouched.test(head)) return [];
  const isList = stated || filesLabel.test(head) || (writes.test(head) && /^[^:：]*[:：][\s*_]*`/.test(head));
  return filesNamed(text, isList);
}
