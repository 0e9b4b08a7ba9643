import { fc } from '../rig/property.js';
import { displayWidth, nearestName, neutralise, shorten, shortenAround } from '../../src/base/text.js';

test.each([
  ['tagret', ['target', 'plans'], 'target'],
  ['Auth', ['auth', 'ui'], 'auth'],
  ['fail-fast', ['failFast'], 'failFast'],
  ['2.22', ['2.2', '3.1'], '2.2'],
  ['C', ['A', 'B'], undefined],
  ['everything', ['nothing'], undefined],
  ['x'.repeat(1000), ['x'], undefined],
])('nearest to %s', (name, candidates, expected) => {
  expect(nearestName(name, candidates)).toBe(expected);
});

test('a terminal obeys nothing of a neutralised text, and its columns stay', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
      const safe = neutralise(text);
      expect(safe.length).toBe(text.length);
       
      expect(safe).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
  expect(neutralise('a\u001b[31mb\tc\u202e')).toBe('a␛[31mb\tc\ufffd');
});

test('shortened texts fit and hold no half letters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      const short = shorten(text, width);
      expect(short.length).toBeLessThanOrEqual(Math.max(width, 1));
      expect(short).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    }),
  );
});

test('the marked part stays in a line that is shortened around it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 40, max: 200 }), (start, length, width) => {
      const line = `${'-'.repeat(start)}${'#'.repeat(length)}${'-'.repeat(3000)}`;
      const part = shortenAround(line, start, start + length, width);
      expect(part.text.length).toBeLessThanOrEqual(width + 2);
      expect(part.text.slice(part.start, part.end)).toMatch(/^#+$/);
    }),
  );
});

test('display width counts wide letters twice and marks not at all', () => {
  expect(displayWidth('ab')).toBe(2);
  expect(displayWidth('日本')).toBe(4);
  expect(displayWidth('e\u0301')).toBe(1);
});
