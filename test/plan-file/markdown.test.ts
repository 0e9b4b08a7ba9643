import { fc } from '../rig/property.js';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item';
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item';
import type { Nodes, Root } from 'mdast';
import { scanMarkdown } from '../../src/plan-file/markdown.js';
import type { Block } from '../../src/plan-file/markdown-blocks.js';

/** What both parsers must agree on, one line each. */
function ours(text: string): string[] {
  const found: string[] = [];
  const { blocks, lines } = scanMarkdown(text);
  for (const block of blocks) {
    const quoted = block.quoted ? '>' : '';
    if (block.kind === 'heading') found.push(`${quoted}heading ${block.level} ${block.line}`);
    if (block.kind === 'item') {
      // micromark sees no box on the line below a marker with blanks behind it; without the blanks it does, and so do we with them.
      const below = (blocks[block.lead ?? -1]?.line ?? 0) > block.line && /[ \t]$/.test(lines.line(block.line));
      const ticked =
        block.checkbox && !below && /^[ \txX]$/.test(block.checkbox.mark) && hasText(text, block.checkbox.offset + 2, blocks[block.lead ?? -1]);
      found.push(
        `${quoted}item ${block.line} ${ticked ? `[${block.checkbox?.offset}${/[xX]/.test(block.checkbox?.mark ?? '') ? 'x' : ''}]` : ''}`,
      );
    }
    if (block.kind === 'fence')
      found.push(`${quoted}fence ${block.line} ${JSON.stringify(block.info)} ${JSON.stringify(block.lines.join('\n'))}`);
    if (block.kind === 'code') found.push(`${quoted}code ${block.line}`);
    if (block.kind === 'html' || block.kind === 'comment') found.push(`${quoted}html ${block.line}`);
    if (block.kind === 'rule') found.push(`${quoted}rule ${block.line}`);
    if (block.kind === 'paragraph') found.push(`${quoted}text ${block.line}-${block.lastLine}`);
  }
  return found;
}

/** GFM: white space and then text has to follow the brackets, on the line or on the paragraph's next. */
function hasText(text: string, after: number, lead: Block | undefined): boolean {
  const more = lead?.kind === 'paragraph' && lead.segments.length > 2;
  return /^[ \t]+[^ \t\r\n]/.test(text.slice(after)) || (more && /^[ \t]*(?:\r\n|\n|\r)/.test(text.slice(after)));
}

function theirs(text: string): string[] {
  const root = fromMarkdown(text, { extensions: [gfmTaskListItem()], mdastExtensions: [gfmTaskListItemFromMarkdown()] });
  const found: string[] = [];
  const walk = (node: Nodes | Root, quoted: boolean): void => {
    const at = node.position;
    const mark = quoted ? '>' : '';
    if (!at) return;
    if (node.type === 'heading') found.push(`${mark}heading ${node.depth} ${at.start.line}`);
    if (node.type === 'listItem') {
      const box = typeof node.checked === 'boolean' ? `[${text.indexOf('[', at.start.offset) + 1}${node.checked ? 'x' : ''}]` : '';
      found.push(`${mark}item ${at.start.line} ${box}`);
    }
    if (node.type === 'code') {
      const fenced = /^(?:`{3}|~{3})/.test(text.slice(at.start.offset));
      const info = [node.lang, node.meta].filter(Boolean).join(' ');
      if (fenced) found.push(`${mark}fence ${at.start.line} ${JSON.stringify(info)} ${JSON.stringify(node.value.replace(/\r\n/g, '\n'))}`);
      else found.push(`${mark}code ${at.start.line}`);
    }
    if (node.type === 'html') found.push(`${mark}html ${at.start.line}`);
    if (node.type === 'thematicBreak') found.push(`${mark}rule ${at.start.line}`);
    if (node.type === 'paragraph') found.push(`${mark}text ${at.start.line}-${at.end.line}`);
    else if ('children' in node && node.type !== 'heading')
      for (const child of node.children) walk(child, quoted || node.type === 'blockquote');
  };
  walk(root, false);
  return found;
}

const indents = fc.constantFrom('', '', '', ' ', '  ', '   ', '    ', '      ', '\t', '\t\t', '  \t');
const openers = fc.constantFrom('', '', '- ', '* ', '+ ', '1. ', '2) ', '-   ', '-\t', '-     ', '> ', '>', '- - ', '- > ', '-', '10. ');
const boxes = fc.constantFrom('', '', '[ ] ', '[x] ', '[X] ', '[ ]', '[-] ', '[]');
const contents = fc.constantFrom(
  'text',
  '1.1 Title',
  '',
  '',
  '# Heading',
  '## Phase 1: A',
  '#none',
  '```',
  '```sh',
  '````',
  '~~~',
  '~~~~ js x',
  '`` ` ``',
  '---',
  '***',
  '===',
  '- - -',
  '<!-- note',
  '<!-- a -->',
  '-->',
  'x -->',
  '<div>',
  '</div>',
  '<script>',
  'x</script>',
  '<?php',
  '?>',
  'two words  ',
  '\\',
  '#',
  '####### x',
  '*** x',
);
const lines = fc.tuple(indents, openers, indents, boxes, contents).map((parts) => parts.join(''));
const endings = fc.constantFrom('\n', '\n', '\r\n');
const documents = fc
  .tuple(fc.array(lines, { maxLength: 12 }), endings, fc.boolean(), fc.boolean())
  .map(([all, ending, final, bom]) => (bom ? '\ufeff' : '') + all.join(ending) + (final ? ending : ''));

describe('the block scanner', () => {
  test('finds the blocks that mdast finds', () => {
    fc.assert(
      fc.property(documents, (text) => {
        // mdast drops the BOM from its offsets; front matter is no Markdown.
        fc.pre(!/^\ufeff?---[ \t]*(?:\r\n|\n)/.test(text));
        // micromark lets indented code keep `2)` and empty items from opening a list; the specification does not.
        fc.pre(!/(?: {4}|\t)/.test(text) || !/2\)|10\.|(?:[-+*]|1\.)[ \t]*(?:[\r\n]|$)/.test(text));
        fc.pre(!/- -[ \t]*(?:[\r\n]|$)/.test(text));
        const bom = text.startsWith('\ufeff');
        const bare = bom ? text.slice(1) : text;
        const shifted = theirs(bare).map((line) => (bom ? line.replace(/\[(\d+)/, (_, offset: string) => `[${Number(offset) + 1}`) : line));
        // micromark may cut indented code in two where a lazy line stood before it.
        const merged = (found: string[]): string[] =>
          found.filter((line, index) => !(/^>?code /.test(line) && /^>?code /.test(found[index - 1] ?? '')));
        expect(merged(ours(text))).toEqual(merged(shifted));
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
    );
  });
});
