/** The note that nothing is left to do: what makes it worthless, and when it is not written. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync, appendFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../src/cli/context.js';
import { isAtRest, noteRest, type RestRequest } from '../../src/cli/rest.js';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'plan-rest-'));
  for (const folder of ['.git/objects', '.git/refs/heads', '.git/plan/runs/m-1/inbox', 'work/plans']) mkdirSync(join(top, folder), { recursive: true });
  const files = { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${'1'.repeat(40)}\n`, '.git/plan/runs/m-1/journal.ndjson': '{}\n', 'work/m.yml': 'version: 1\n', 'work/plans/a.md': '# A\n' };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(top, file), text);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const request: RestRequest = { file: 'm.yml', flags: { quiet: true } };
/** Long after the files were made. */
const later = Date.now() + 1_000_000;

function context(environment: Readonly<Record<string, string>> = {}, folder = join(top, 'work')): Context {
  return { folder, json: false, terminal: { environment } } as unknown as Context;
}

function note(now = later, about = context()): void {
  const inGit = ['refs/heads/main', 'packed-refs', 'plan/runs', 'plan/runs/m-1/journal.ndjson', 'plan/runs/m-1/inbox'].map((name) => join(top, '.git', name));
  noteRest(request, about, [join(top, 'work/m.yml'), join(top, 'work/plans/a.md'), ...inGit], now);
}

test('holds for exactly the same call', () => {
  expect(isAtRest(request, context())).toBe(false);
  note();
  expect(isAtRest(request, context())).toBe(true);
  expect(isAtRest({ ...request, flags: { quiet: true, target: 'next' } }, context())).toBe(false);
  expect(isAtRest({ ...request, file: './m.yml' }, context())).toBe(false);
  expect(isAtRest(request, context({ PLAN_TARGET: 'next' }))).toBe(false);
  expect(isAtRest(request, context({ GIT_DIR: '/elsewhere' }))).toBe(false);
  expect(isAtRest(request, context({}, top))).toBe(false);
});

const changes: readonly (readonly [string, (at: (name: string) => string) => void])[] = [
  ['the manifest says more', (at) => appendFileSync(at('work/m.yml'), 'plans: {}\n')],
  ['a plan file says something else of the same length', (at) => writeFileSync(at('work/plans/a.md'), '# B\n')],
  ['a plan file is gone', (at) => unlinkSync(at('work/plans/a.md'))],
  ['a plan file is another one', (at) => {
    writeFileSync(at('other.md'), '# A\n');
    renameSync(at('other.md'), at('work/plans/a.md'));
  }],
  ['a plan file is a link now', (at) => {
    writeFileSync(at('other.md'), '# A\n');
    unlinkSync(at('work/plans/a.md'));
    symlinkSync(at('other.md'), at('work/plans/a.md'));
  }],
  ['settings appear beside the manifest', (at) => writeFileSync(at('work/.planrc.yml'), 'limits: { tasks: 1 }\n')],
  ['settings appear at the top', (at) => writeFileSync(at('.planrc.yml'), 'limits: { tasks: 1 }\n')],
  ['settings appear in a folder for them', (at) => {
    mkdirSync(at('.config'));
    writeFileSync(at('.config/planrc.yml'), 'limits: { tasks: 1 }\n');
  }],
  ['another branch is checked out', (at) => writeFileSync(at('.git/HEAD'), 'ref: refs/heads/next\n')],
  ['the target moved', (at) => writeFileSync(at('.git/refs/heads/main'), `${'2'.repeat(40)}\n`)],
  ['refs were packed', (at) => writeFileSync(at('.git/packed-refs'), '')],
  ['something more happened in the run', (at) => appendFileSync(at('.git/plan/runs/m-1/journal.ndjson'), '{}\n')],
  ['somebody asked for something', (at) => writeFileSync(at('.git/plan/runs/m-1/inbox/1.json'), '{}')],
  ['another run was begun', (at) => mkdirSync(at('.git/plan/runs/m-2'))],
];

test.each(changes)('does not hold when %s', (_what, change) => {
  note();
  expect(isAtRest(request, context())).toBe(true);
  change((name) => join(top, name));
  expect(isAtRest(request, context())).toBe(false);
});

test('is not written while a change could go unnoticed', () => {
  note(Date.now());
  expect(isAtRest(request, context())).toBe(false);
});

test.each(['.planrc.js', 'plan.config.mjs', '.config/planrc.cjs'])('is not written where %s decides', (name) => {
  mkdirSync(join(top, 'work/.config'));
  writeFileSync(join(top, 'work', name), 'module.exports = {};\n');
  note();
  expect(isAtRest(request, context())).toBe(false);
});

test('is not written in a linked worktree, whose HEAD is elsewhere', () => {
  mkdirSync(join(top, 'linked'));
  writeFileSync(join(top, 'linked/.git'), `gitdir: ${join(top, '.git')}\n`);
  note(later, context({}, join(top, 'linked')));
  expect(isAtRest(request, context({}, join(top, 'linked')))).toBe(false);
});

test('a note that is torn is none', () => {
  note();
  const folder = join(top, '.git/plan/rest');
  for (const name of ['1', '2']) writeFileSync(join(folder, name), '{');
  expect(isAtRest(request, context())).toBe(true);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  expect(isAtRest(request, context())).toBe(false);
});
