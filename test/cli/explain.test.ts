import { explain, explainAll, explainDiagnostic } from '../../src/cli/explain.js';
import type { Failure } from '../../src/model/failure.js';

const failure: Failure = {
  kind: 'input',
  code: 'cycle',
  message: 'a task waits for itself: auth.2.1 → billing.1.3 → auth.2.1',
  place: { file: 'orchestrations/release.yml', line: 14, column: 15, endColumn: 26, source: '    depends: [auth.phase2]' },
  hint: 'remove one of these dependencies',
};

test('a failure: what, where, the line, the caret, what to do', () => {
  expect(explain(failure).split('\n')).toEqual([
    'error: a task waits for itself: auth.2.1 → billing.1.3 → auth.2.1',
    '  orchestrations/release.yml:14:15',
    '    depends: [auth.phase2]',
    '              ^^^^^^^^^^^',
    'hint: remove one of these dependencies',
  ]);
});

test('without a place, without a line, several at once', () => {
  expect(explain({ kind: 'input', code: 'x', message: 'no' })).toBe('error: no');
  expect(explain({ ...failure, place: { file: 'a', line: 1, column: 2 } }).split('\n')).toHaveLength(3);
  expect(explainAll([failure, failure]).split('\n').pop()).toBe('2 errors');
  expect(explainDiagnostic({ severity: 'warning', code: 'x', message: 'odd', file: 'p.md', line: 3, column: 1 })).toBe('warning: odd\n  p.md:3:1');
});

test.each([
  ['a tab before it', '\tdepends: [x]', 12, '    depends: [x]', '              ^'.slice(0, 14) + '^'],
  ['wide letters before it', '日本: x', 5, '    日本: x', '          ^'],
  ['a tab inside the line', 'a\tb: x', 6, '    a\tb: x', '     \t   ^'],
])('the caret stands below what is meant: %s', (_, source, column, line, caret) => {
  const lines = explain({ ...failure, place: { file: 'a', line: 1, column, source } }).split('\n');
  expect(lines[2]).toBe(line);
  expect(lines[3]?.trimEnd()).toHaveLength(caret.length);
});

test('a long line is shown around the caret, and nothing in it reaches the terminal', () => {
  const source = `${'x'.repeat(5000)}\u001b[2J${'y'.repeat(5000)}`;
  const lines = explain({ ...failure, message: 'a\u001b]0;t\u0007\nb', place: { file: 'f\u001b', line: 1, column: 5001, endColumn: 5005, source } }, { width: 80 }).split('\n');
  expect(lines.join('\n')).not.toContain('\u001b');
  expect(lines[0]).toBe('error: a␛]0;t␇ b');
  expect(lines[2]?.length).toBeLessThanOrEqual(82);
  const caret = lines[3]?.indexOf('^') ?? -1;
  expect(lines[2]?.[caret]).toBe('␛');
});

test('colours where they are wished', () => {
  expect(explain(failure, { colours: true })).toContain('\u001b[31merror:\u001b[39m');
});
