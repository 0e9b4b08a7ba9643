import { fc } from '../rig/property.js';
import { columnsOf, count, duration, fit, flow, padEnd, printable, wrap } from '../../src/status/printable.js';

const anything = fc.string({ unit: 'binary', maxLength: 60 });

describe('printable', () => {
  test.each([
    ['plain text', 'plain text'],
    ['two\nlines\tand a tab', 'two lines and a tab'],
    ['\u001b[31mred\u001b[0m', '?[31mred?[0m'],
    ['\u001b]0;title\u0007', '?]0;title?'],
    ['right-to-left \u202e drow', 'right-to-left ? drow'],
    ['C1 \u009b31m', 'C1 ?31m'],
    ['\u7ffb\u8a33 \ud83d\ude80', '\u7ffb\u8a33 \ud83d\ude80'],
    ['half a pair \ud83d', 'half a pair ?'],
  ])('%j becomes %j', (given, expected) => {
    expect(printable(given)).toBe(expected);
  });

  test('nothing that a terminal obeys is left of any text', () => {
    fc.assert(
      fc.property(anything, (text) => {
         
        expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('columnsOf', () => {
  test.each([
    ['abc', 3],
    ['\u7ffb\u8a33', 4],
    ['e\u0301', 1],
    ['\ud83d\ude80', 2],
    ['\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67', 2],
    ['\u001b[31mred\u001b[39m', 3],
    ['', 0],
  ])('%j takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });
});

describe('fit', () => {
  test.each([
    ['short', 10, 'short'],
    ['exactly ten', 11, 'exactly ten'],
    ['a longer text', 8, 'a longe…'],
    ['\u7ffb\u8a33\u7ffb\u8a33', 5, '\u7ffb\u8a33…'],
    ['\u7ffb\u8a33\u7ffb\u8a33', 4, '\u7ffb…'],
    ['x', 0, ''],
  ])('%j in %i columns is %j', (text, columns, expected) => {
    expect(fit(text, columns)).toBe(expected);
  });

  test('never takes more columns than there are', () => {
    fc.assert(
      fc.property(anything, fc.nat({ max: 30 }), (text, columns) => {
        expect(columnsOf(fit(printable(text), columns))).toBeLessThanOrEqual(columns);
      }),
      { numRuns: 500 },
    );
  });

  test('padding fills up to the columns and cuts nothing', () => {
    expect(padEnd('\u7ffb', 4)).toBe('\u7ffb  ');
    expect(padEnd('longer', 4)).toBe('longer');
  });
});

describe('duration', () => {
  test.each([
    [0, '0ms'],
    [-5, '0ms'],
    [850, '850ms'],
    [4200, '4.2s'],
    [9949, '9.9s'],
    [9950, '10s'],
    [59_400, '59s'],
    [59_600, '1m00s'],
    [185_000, '3m05s'],
    [7_440_000, '2h04m'],
    [266_400_000, '3d 02h'],
  ])('%i ms reads %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });
});

test('count knows one from many', () => {
  expect([count(1, 'task'), count(0, 'task'), count(2, 'branch', 'branches')]).toEqual(['1 task', '0 tasks', '2 branches']);
});

describe('lines of words', () => {
  test.each([
    [[], 20, ''],
    [['one', 'two', 'three', 'four'], 20, 'one · two · three\n  four'],
    [['one', 'a part longer than a line of twenty', 'end'], 22, 'one\n  a part longer than a\n  line of twenty · end'],
  ] as const)('flow %j within %i', (parts, columns, expected) => {
    expect(flow(parts, columns + 9, 9).replaceAll(' '.repeat(9), '  ')).toBe(expected);
  });

  test.each([
    ['one two three', 7, 'one two\n  three'],
    ['one two three', 6, 'one\n  two\n  three'],
    ['averylongword and more', 5, 'averylongword\n  and\n  more'],
    ['\u001b[1mone\u001b[22m two', 7, '\u001b[1mone\u001b[22m two'],
    ['日本 語', 7, '日本 語'],
  ])('wrap %j at %i', (text, columns, expected) => {
    expect(wrap(text, columns, 2)).toBe(expected);
  });
});
