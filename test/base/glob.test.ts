import { fc } from '../rig/property.js';
import { expandBraces, globBase, isGlob, matchesGlob } from '../../src/base/glob.js';

test.each([
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/a/b.ts', false],
  ['src/**/*.ts', 'src/b.ts', true],
  ['src/**/*.ts', 'src/a/b/c.ts', true],
  ['**/x', 'x', true],
  ['**', 'a/b', true],
  ['a/**/b/**/c', 'a/x/b/y/b/c', true],
  ['a/**/b/**/c', 'a/x/b/y/b/d', false],
  ['*.{ts,tsx}', 'a.tsx', true],
  ['a?c', 'abc', true],
  ['app/[id]/*.tsx', 'app/[id]/page.tsx', true],
  ['app/[id]/*.tsx', 'app/i/page.tsx', false],
  ['*a*b*', 'xxaxxbxx', true],
])('%s against %s: %s', (pattern, path, expected) => {
  expect(matchesGlob(pattern, path)).toBe(expected);
});

test('the base is the part without signs', () => {
  expect(['src/a/*.ts', '*.md', 'a/{b,c}/d', 'a/b'].map(globBase)).toEqual(['src/a', '', 'a', 'a']);
  expect([isGlob('app/[id].ts'), isGlob('a*'), isGlob('{a,b}'), isGlob('{a}')]).toEqual([false, true, true, false]);
});

test('the same as the regular expression it stands for', () => {
  const part = fc.constantFrom('a', 'b', '*', '?', '/', '**/', '/**');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 7 }), fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }), (parts, letters) => {
      const pattern = parts.join('').replace(/\*{2,}(?!\/|$)/g, '*').replace(/(?<!^|\/)\*\*/g, '*').replace(/\/+/g, '/');
      const path = letters.join('').replace(/\/+/g, '/');
      const source = pattern
        .split('/')
        .map((segment, at, all) => (segment === '**' ? (at === all.length - 1 ? '(?:[^/]*(?:/[^/]*)*)' : '(?:[^/]*/)*') : segment.replaceAll('*', '[^/]*').replaceAll('?', '[^/]') + (at === all.length - 1 ? '' : '/')))
        .join('');
      const expected = new RegExp(`^${source}$`).test(path);
      // A final `**` also stands for no segment at all.
      if (!pattern.endsWith('/**')) expect(matchesGlob(pattern, path)).toBe(expected);
    }),
  );
});

test('no pattern is slow, and brace lists are bounded', () => {
  expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(2000))).toBe(false);
  expect(matchesGlob(`${'**/'.repeat(100)}x`, 'a/'.repeat(500))).toBe(false);
  expect(expandBraces('{a,b}'.repeat(20)).length).toBeLessThanOrEqual(64);
});
