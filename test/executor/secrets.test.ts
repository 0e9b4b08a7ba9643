import { noteOf } from '../../src/executor/note.js';
import { createMask, isSecretName } from '../../src/executor/secrets.js';

test.each(['GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'OPENAI_API_KEY', 'DB_PASSWORD', 'PGPASSWORD_X'.replace('PGPASSWORD_X', 'PG_PASSWD'), 'apikey', 'SENTRY_DSN', 'SSH_PRIVATE_KEY', 'NPM_AUTH'])('%s is a secret by its name', (name) => {
  expect(isSecretName(name, [])).toBe(true);
});

test.each(['PATH', 'PWD', 'OLDPWD', 'SSH_AUTH_SOCK', 'KEYBOARD', 'TOKENIZER', 'MONKEY', 'PASSAGE'])('%s is none', (name) => {
  expect(isSecretName(name, [])).toBe(false);
});

test('patterns are names with stars, whatever the case', () => {
  expect(isSecretName('MY_HIDDEN_THING', ['*_hidden_*'])).toBe(true);
  expect(isSecretName('EXACT', ['EXACT'])).toBe(true);
  expect(isSecretName('EXACTLY', ['EXACT'])).toBe(false);
  expect(isSecretName('AB', ['A*B*B'])).toBe(false);
  expect(isSecretName('a'.repeat(100_000), [`${'a*'.repeat(1000)}b`])).toBe(false);
  expect(isSecretName('A.C', ['A.C'])).toBe(true);
  expect(isSecretName('ABC', ['A.C'])).toBe(false);
});

test('values are masked wherever they stand, the longest first, also line by line', () => {
  const mask = createMask([{ A_TOKEN: 'abcdef', B_TOKEN: 'abcdefgh', KEY: 'x', SSH_PRIVATE_KEY: 'first line\nsecond line', PUBLIC: 'public' }], ['KEY']);
  expect(mask('abcdefgh abcdef public x')).toBe('*** *** public x');
  expect(mask('-- second line --')).toBe('-- *** --');
  expect(createMask([{ A_TOKEN: 'a.b*c$d(e' }], [])('a.b*c$d(e aXb*c$d(e')).toBe('*** aXb*c$d(e');
});

test('tokens of known shape and passwords in addresses are masked without being known', () => {
  const mask = createMask([], []);
  expect(mask(`push to https://user:hunter22@example.com/x.git with ghp_${'a1'.repeat(18)}`)).toBe('push to https://user:***@example.com/x.git with ***');
  expect(mask('AKIAIOSFODNN7EXAMPLE')).toBe('***');
  expect(mask('https://example.com:8080/a@b')).toBe('https://example.com:8080/a@b');
});

test('a secret is not shown in part because a note is cut', () => {
  const mask = createMask([{ A_TOKEN: 's3cr3t'.repeat(20) }], []);
  expect(noteOf(`${'x'.repeat(195)}${'s3cr3t'.repeat(20)}`, mask)).toBe(`${'x'.repeat(195)}***`);
});

test('hostile lines take time in proportion', () => {
  const mask = createMask([{ A_TOKEN: 'abcdef' }], []);
  for (const text of ['\u001b]'.repeat(500_000), '\u001b[1;'.repeat(500_000), 'a://b:'.repeat(500_000), 'a'.repeat(5_000_000), ' '.repeat(5_000_000)]) {
    expect(noteOf(text, mask).length).toBeLessThanOrEqual(200);
  }
});
