import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { refusePaths, writeContentFiles } from '../../src/executor/write-files.js';

let outside: string;
let worktree: string;
beforeEach(() => {
  outside = mkdtempSync(join(realpathSync(tmpdir()), 'plan-test-'));
  worktree = join(outside, 'worktree');
  mkdirSync(join(worktree, '.git'), { recursive: true });
  put('old.txt', 'old');
  put('dir/inner.txt', 'inner');
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

function put(path: string, content: string): void {
  mkdirSync(dirname(join(worktree, path)), { recursive: true });
  writeFileSync(join(worktree, path), content);
}
const read = (path: string): string => readFileSync(join(worktree, path), 'utf8');
const tree = (folder: string, prefix = ''): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => [prefix + entry.name, ...(entry.isDirectory() ? tree(join(folder, entry.name), `${prefix}${entry.name}/`) : [])]);
const file = (path: string, content = 'new'): { path: string; content: string } => ({ path, content });

test('files are made and replaced, with their folders, keeping their modes', async () => {
  chmodSync(join(worktree, 'old.txt'), 0o755);
  expect(await writeContentFiles(worktree, [file('old.txt'), file('a/b/c.txt', 'c')])).toEqual({ ok: true, value: ['old.txt', 'a/b/c.txt'] });
  expect(read('old.txt')).toBe('new');
  expect(statSync(join(worktree, 'old.txt')).mode & 0o777).toBe(0o755);
  expect(read('a/b/c.txt')).toBe('c');
  expect(tree(worktree)).toEqual(['.git', 'a', 'a/b', 'a/b/c.txt', 'dir', 'dir/inner.txt', 'old.txt']);
});

test.each([
  '', '.', '..', '../x', 'a/../../x', '/etc/passwd', '~/x', 'C:/x', 'c:x', 'a//b', 'a/', './a', 'a\\..\\b', 'a\0b', 'a\nb', 'a\u001b[2Jb',
  '.git', '.git/hooks/pre-commit', '.GIT/config', 'sub/.git/config', '.git./x', '.git /x', '.git::$INDEX_ALLOCATION/x', 'GIT~1/config', 'git~2',
  '.g\u200cit/config', '.ｇｉｔ/config', '\ufeff.git/x', 'x'.repeat(300), `${'x/'.repeat(600)}y`,
])('%j is refused, and nothing is written', async (path) => {
  const before = tree(outside);
  const result = await writeContentFiles(worktree, [file('fine.txt'), file(path)]);
  expect(result.ok).toBe(false);
  expect(tree(outside)).toEqual(before);
});

test.each(['.gitignore', '.github/workflows/ci.yml', 'git', 'a.git', '..a', 'a..b', '-rf', 'git~x', '.gitmodules', 'über.txt', 'a b'])('%j is a path like others', async (path) => {
  expect(await writeContentFiles(worktree, [file(path)])).toEqual({ ok: true, value: [path] });
  expect(read(path)).toBe('new');
});

test.each([
  [['a.txt', 'A.txt'], 'case'],
  [['a', 'a/b'], 'cannot be a file and hold'],
  [['a/b', 'A'], 'cannot be a file and hold'],
  [['a', 'a'], 'twice'],
])('%j contradict each other', (paths, message) => {
  expect(refusePaths(paths)).toContain(message);
});

test('a name that differs from an existing one by case only is refused', async () => {
  for (const path of ['OLD.txt', 'Dir/x.txt']) {
    expect(await writeContentFiles(worktree, [file('fine.txt'), file(path)])).toMatchObject({ ok: false, error: expect.stringContaining('case only') });
  }
  expect(tree(worktree)).toEqual(['.git', 'dir', 'dir/inner.txt', 'old.txt']);
});

test('a file is no folder, and a folder no file', async () => {
  expect((await writeContentFiles(worktree, [file('fine.txt'), file('old.txt/x')])).ok).toBe(false);
  expect((await writeContentFiles(worktree, [file('fine.txt'), file('dir')])).ok).toBe(false);
  expect(tree(worktree)).toEqual(['.git', 'dir', 'dir/inner.txt', 'old.txt']);
});

describe('symlinks', () => {
  test.each([
    ['to a file outside', 'link', '../precious', 'link'],
    ['to a folder outside', 'link', '..', 'link/precious'],
    ['to git’s files', 'link', '.git', 'link/config'],
    ['to nowhere', 'link', 'nowhere', 'link'],
    ['to nowhere outside', 'link', '../nowhere', 'link'],
    ['to itself', 'link', 'link', 'link'],
    ['absolute', 'link', '/tmp', 'link/plan-test-evil'],
    ['over another link', 'link', 'dir/up', 'link/x'],
  ])('%s', async (_, name, target, path) => {
    writeFileSync(join(outside, 'precious'), 'precious');
    symlinkSync('../..', join(worktree, 'dir', 'up'));
    symlinkSync(target, join(worktree, name));
    const before = tree(outside);
    expect(await writeContentFiles(worktree, [file('fine.txt'), file(path)])).toMatchObject({ ok: false, error: expect.any(String) });
    expect(tree(outside)).toEqual(before);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious');
  });

  test('that stay inside are followed, and stay links', async () => {
    symlinkSync('dir', join(worktree, 'link'));
    symlinkSync('old.txt', join(worktree, 'alias'));
    expect((await writeContentFiles(worktree, [file('link/inner.txt'), file('link/more.txt'), file('alias')])).ok).toBe(true);
    expect([read('dir/inner.txt'), read('dir/more.txt'), read('old.txt')]).toEqual(['new', 'new', 'new']);
    expect(lstatSync(join(worktree, 'alias')).isSymbolicLink()).toBe(true);
  });

  test('two ways to one file are refused', async () => {
    symlinkSync('dir', join(worktree, 'link'));
    expect((await writeContentFiles(worktree, [file('link/inner.txt', '1'), file('dir/inner.txt', '2')])).ok).toBe(false);
    expect((await writeContentFiles(worktree, [file('link/more.txt', '1'), file('dir/more.txt', '2')])).ok).toBe(false);
    expect(read('dir/inner.txt')).toBe('inner');
    expect(readdirSync(join(worktree, 'dir'))).toEqual(['inner.txt']);
  });
});

test('a worktree that is reached by a symlink is a worktree', async () => {
  symlinkSync('worktree', join(outside, 'alias'));
  expect((await writeContentFiles(join(outside, 'alias'), [file('a/b.txt')])).ok).toBe(true);
  expect(read('a/b.txt')).toBe('new');
});

test('a file that somebody else is writing is not touched, nor the others', async () => {
  writeFileSync(join(worktree, 'dir/inner.txt.plan-lock'), 'theirs');
  const before = tree(worktree);
  expect(await writeContentFiles(worktree, [file('fine/x.txt'), file('old.txt'), file('dir/inner.txt')])).toMatchObject({ ok: false, error: expect.stringContaining('somebody else') });
  expect(tree(worktree)).toEqual(before);
  expect(read('old.txt')).toBe('old');
});

test('what fails in the middle is put back', async () => {
  // The backup's name is taken by a folder that is not empty: the second of the files cannot be replaced.
  mkdirSync(join(worktree, 'dir/inner.txt.plan-old/full'), { recursive: true });
  const before = tree(worktree);
  expect((await writeContentFiles(worktree, [file('old.txt'), file('made/x.txt'), file('dir/inner.txt')])).ok).toBe(false);
  expect(tree(worktree)).toEqual(before);
  expect([read('old.txt'), read('dir/inner.txt')]).toEqual(['old', 'inner']);
});
