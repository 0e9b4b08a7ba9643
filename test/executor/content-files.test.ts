import { fc } from '../rig/property.js';
import { parseContentFiles } from '../../src/executor/content-files.js';

const parsed = (text: string): unknown => {
  const result = parseContentFiles(text);
  return result.ok ? result.value.map(({ path, content }) => [path, content]) : result.error;
};

test.each([
  ['bare', 'FILE: a.txt\n```\none\ntwo\n```', [['a.txt', 'one\ntwo\n']]],
  ['with a language, a blank line, prose around', 'Sure!\nFILE: src/a b.ts\n\n```ts\nx\n```\nDone.', [['src/a b.ts', 'x\n']]],
  ['in backticks and bold', '**FILE:** `a.txt`\n~~~\nx\n~~~', [['a.txt', 'x\n']]],
  ['two of them, with a block of prose between', 'FILE: a\n```\n1\n```\nRun:\n```\nnpm test\n```\nFILE: b\n```\n2\n```', [['a', '1\n'], ['b', '2\n']]],
  ['empty', 'FILE: a\n```\n```', [['a', '']]],
  ['a longer fence around fences', 'FILE: a.md\n````md\n```js\nx\n```\n````', [['a.md', '```js\nx\n```\n']]],
  ['other fences inside', 'FILE: a.md\n~~~\n```\nx\n```\n~~~', [['a.md', '```\nx\n```\n']]],
  ['CRLF', 'FILE: a\r\n```\r\nx\r\n```\r\n', [['a', 'x\n']]],
  ['JSON', '[{"path":"a","content":"x"}]', [['a', 'x']]],
  ['JSON in a fence', '```json\n[{"path":"a","content":"x"}]\n```\n', [['a', 'x']]],
])('%s is read', (_, text, files) => {
  expect(parsed(text)).toEqual(files);
});

test.each([
  ['nothing', 'I could not do it.', 'no file'],
  ['an empty array', '[]', 'no file'],
  ['a block that does not end', 'FILE: a\n```\nx', 'no complete fenced block'],
  ['no block', 'FILE: a\nx\n', 'no complete fenced block'],
  ['fences inside a fence of the same length', 'FILE: a.md\n```md\n```js\nx\n```\nmore\n```', 'not clear'],
  ['the same before another file', 'FILE: a.md\n```md\n```js\nx\n```\nmore\n```\nFILE: b\n```\ny\n```', 'not clear'],
  ['an array of something else', '[{"file":"a"}]', 'item 1'],
  ['too many', JSON.stringify(Array.from({ length: 2001 }, (_, index) => ({ path: `${index}`, content: '' }))), '2001 files'],
])('%s is refused in words', (_, text, message) => {
  expect(parsed(text)).toEqual(expect.stringContaining(message));
});

test('what is printed with a fence long enough is read back', () => {
  const content = fc.array(fc.constantFrom('```', '````js', 'text', '', '~~~', '  ```', 'FILE: x', '\tx')).map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), content), { minLength: 1, maxLength: 4, selector: ([path]) => path }), (files) => {
      const text = files.map(([path, body]) => `FILE: ${path}\n\`\`\`\`\`\n${body}\`\`\`\`\`\n`).join('\nand then\n');
      expect(parsed(text)).toEqual(files);
    }),
    { numRuns: 300 },
  );
});

test('long and hostile answers take time in proportion', () => {
  expect(parsed(`FILE: a\n\`\`\`\n${'`'.repeat(1_000_000)}x\n\`\`\``)).toEqual([['a', `${'`'.repeat(1_000_000)}x\n`]]);
  expect(parsed(`FILE:${' '.repeat(1_000_000)}`)).toEqual(expect.any(String));
  expect(parsed('FILE: a\n'.repeat(100_000))).toEqual(expect.any(String));
  expect(parsed(`FILE: ${'a '.repeat(500_000)}`)).toEqual(expect.any(String));
});
