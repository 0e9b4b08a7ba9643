import { decode, parseSource, Written } from '../../src/manifest/source.js';
import { said } from './repository.js';

const file = 'm.yml';

function read(text: string): unknown {
  const parsed = parseSource({ file, text });
  if ('failures' in parsed) throw new Error(parsed.failures.map(said).join('\n'));
  return parsed.document.value;
}

function refused(text: string): readonly string[] {
  const parsed = parseSource({ file, text });
  return 'failures' in parsed ? parsed.failures.map(said) : [];
}

test('keys and numbers keep the text that they were written with', () => {
  expect(Object.keys(read('2.10: a\n2.1: b\n1e3: c\ntrue: d\n"x y": e\n') as object)).toEqual(['2.10', '2.1', '1e3', 'true', 'x y']);
  expect(read('[2.10, 0x10, true]')).toEqual([new Written(2.1, '2.10'), new Written(16, '0x10'), new Written(true, 'true')]);
});

test('anchors and aliases are followed', () => {
  expect(JSON.stringify(read('a: &x [b]\nc: *x\nd: &x e\nf: *x\n'))).toBe('{"a":["b"],"c":["b"],"d":"e","f":"e"}');
});

test('an empty text, a comment and a lone marker hold nothing', () => {
  for (const text of ['', '# only words\n', '---\n']) expect(read(text) ?? undefined).toBeUndefined();
});

describe('what is refused', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['duplicate keys, each at its place', 'a: 1\nb: 2\na: 3\nb: 4\n', ['m.yml:3:1 duplicate-key: `a` stands twice (remove one of them)', 'm.yml:4:1 duplicate-key: `b` stands twice (remove one of them)']],
    ['merge keys', 'a: &x { b: 1 }\nc:\n  <<: *x\n', ['m.yml:3:3 merge-key: merge keys (`<<`) are not read (write the values out)']],
    ['__proto__', 'a: { __proto__: { b: 1 } }\n', ['m.yml:1:6 unknown-key: `__proto__` cannot be a name']],
    ['several documents', 'a: 1\n---\nb: 2\n', ['m.yml:2:1 several-documents: the file holds more than one YAML document (keep one, without `---` between)']],
    ['an alias without anchor', 'a: *x\n', ['m.yml:1:4 unknown-alias: no anchor is named `x`']],
    ['an alias inside its anchor', 'a: &x [*x]\n', ['m.yml:1:8 alias-circle: the alias stands inside its own anchor']],
    ['keys that are no text', '[a]: 1\n', ['m.yml:1:1 key-not-text: a key has to be text']],
    ['tags of others', 'a: !!js/function "x"\n', ['m.yml:1:18 unknown-tag: `!!js/function` is no tag that is read']],
  ])('%s', (_, text, expected) => {
    expect(refused(text)).toEqual(expected);
  });

  test('what is not YAML, at its place', () => {
    const [first] = refused('plans:\n  A: { plan: a.md\nlimits: 3\n');
    expect(first).toMatch(/^m\.yml:\d+:\d+ not-yaml: not YAML: /);
  });

  test('what is not YAML once a line, and what lacks at the end where the text ends', () => {
    expect(refused('{{{{: ][\n')).toHaveLength(1);
    expect(refused('plans:\n  A: { plan: a.md\n\n')).toEqual([expect.stringMatching(/^m\.yml:2:18 not-yaml: /)]);
  });

  test('mistakes in one huge line, in the time that the line takes', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `Z${index}`);
    const parsed = parseSource({ file, text: `[${names.join(', ')}]` });
    if ('failures' in parsed) throw new Error('refused');
    // Nothing of the line is looked at for the place of one value in it.
    const places = names.map((_, index) => parsed.document.placeOf([index]));
    expect(places[19_999]).toEqual({ file, line: 1, column: expect.any(Number), endColumn: expect.any(Number) });
    expect(new Set(places.map(({ column }) => column)).size).toBe(20_000);
  });

  test('an alias bomb, soon', () => {
    const levels = Array.from({ length: 30 }, (_, level) => `l${level}: &l${level} [${level === 0 ? 'x' : Array.from({ length: 9 }, () => `*l${level - 1}`).join(', ')}]`);
    const found = refused(levels.join('\n'));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('too-many-aliases');
  });

  test('values that are nested too deep', () => {
    for (const text of ['['.repeat(100_000), `${'{a: '.repeat(20_000)}${'}'.repeat(20_000)}`, `a:\n${'- '.repeat(100_000)}x`]) {
      expect(refused(text)).toEqual([expect.stringMatching(/^m\.yml:\d+:\d+ too-deep: values are nested more than 64 deep$/)]);
    }
    expect(refused(`a: ${'['.repeat(100)}${']'.repeat(100)}`)[0]).toContain('too-deep');
  });

  test('bytes that are no text', () => {
    const code = (bytes: Uint8Array, limit?: number): string | undefined => {
      const decoded = decode(file, bytes, limit);
      return 'failure' in decoded ? decoded.failure.code : undefined;
    };
    expect(code(new Uint8Array([0x61, 0, 0x62]))).toBe('not-text');
    expect(code(new Uint8Array([0x61, 0xff]))).toBe('not-utf8');
    expect(code(new Uint8Array(20), 10)).toBe('file-too-large');
    expect(code(new TextEncoder().encode('a: é'))).toBeUndefined();
  });
});

test('places count as editors do: with a byte order mark, CRLF and wide letters', () => {
  const parsed = parseSource({ file, text: '\ufeffa: 1\r\nb: "日本"\r\nc: {d: 3}\r\n' });
  if ('failures' in parsed) throw new Error('refused');
  expect(parsed.document.placeOf(['a'])).toEqual({ file, line: 1, column: 4, endColumn: 5, source: 'a: 1' });
  expect(parsed.document.placeOf(['b'])).toEqual({ file, line: 2, column: 4, endColumn: 8, source: 'b: "日本"' });
  expect(parsed.document.placeOfKey(['c'], 'd')).toEqual({ file, line: 3, column: 5, endColumn: 6, source: 'c: {d: 3}' });
});
