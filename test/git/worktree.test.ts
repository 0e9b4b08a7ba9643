/** Worktrees: made side by side, used again, repaired, and nothing of anybody's lost on the way. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err } from '../../src/base/result.js';
import { createPlanDeeds } from '../../src/git/plan-deeds.js';
import { DeedRefused } from '../../src/git/git-error.js';
import { recoverRepository } from '../../src/git/recover-git.js';
import { reasonToKeep, removeWorktree } from '../../src/git/worktree-removal.js';
import { rigTest } from '../rig/repository.js';
import { deedsTest } from './deeds-test.js';
import { open } from './open.js';

describe('prepareWorktree', () => {
  test(
    'makes it detached and whole, and uses it again with its ignored files',
    deedsTest(async ({ rig, deeds, worktree }) => {
      const base = await rig.commit('ignore', { '.gitignore': 'node_modules/\n', a: '1\n' });
      const path = await worktree(base);
      expect(await rig.git(['status', '--porcelain=v1', '--branch'], { cwd: path })).toBe('## HEAD (no branch)');
      await rig.write({ 'node_modules/x/y': 'kept' }, { cwd: path });
      const next = await rig.commitOn('plan/A', 'next', { a: '2\n', b: 'b\n' }, base);
      expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, next)).toEqual({ ok: true, value: { path, fresh: false } });
      expect(await readFile(join(path, 'a'), 'utf8')).toBe('2\n');
      expect(await readFile(join(path, 'node_modules/x/y'), 'utf8')).toBe('kept');
      expect(await deeds.inspect(path)).toEqual({ head: next, dirty: false });
    }),
  );

  test(
    'sixteen at once in two processes beside prunes, config writes and logs: all whole',
    deedsTest(async ({ rig, deeds, main }) => {
      const other = await open(rig);
      const others = createPlanDeeds(other, { run: 'r2', copy: [] });
      const paths = Array.from({ length: 16 }, (_, index) => join(rig.folder, 'w', `P${index}`));
      let going = true;
      const beside = [
        ['worktree', 'prune', '--expire=now'],
        ['log', '--all', '--oneline'],
        ['worktree', 'list'],
      ].map(async (args) => {
        while (going) await rig.tryGit(args);
      });
      const made = await Promise.all(
        paths.map((path, index) => (index % 2 === 0 ? deeds : others).prepareWorktree({ plan: `P${index}`, slot: 0, path }, main)),
      );
      going = false;
      await Promise.all(beside);
      expect(made.filter((result) => !result.ok)).toEqual([]);
      for (const path of paths) expect(await rig.git(['status', '--porcelain'], { cwd: path })).toBe('');
      expect((await rig.git(['worktree', 'list'])).split('\n')).toHaveLength(17);
      expect(await readdir(join(rig.top, '.git', 'plan'))).not.toContain('repository.lock');
      others.close();
    }),
  );

  test(
    'work of unknown origin is kept under a ref before it is cleaned',
    deedsTest(async ({ rig, worktree, main }) => {
      const path = await worktree();
      const own = await rig.commit('by hand', { a: 'a\n' }, { cwd: path });
      await rig.write({ b: 'typed by a person\n' }, { cwd: path });
      await worktree();
      const kept = 'refs/plan-runs/r1/salvage/A/found-0';
      expect(await rig.fileAt(kept, 'b')).toBe('typed by a person\n');
      expect(await rig.resolve(`${kept}~1`)).toBe(own);
      expect(await rig.git(['rev-parse', 'HEAD'], { cwd: path })).toBe(main);
      await rig.write({ c: 'again\n' }, { cwd: path });
      await worktree();
      expect(await rig.fileAt(`${kept}.2`, 'c')).toBe('again\n');
    }),
  );

  test(
    'a folder deleted by hand is made again, and commits that only it led to are kept',
    deedsTest(async ({ rig, worktree, main }) => {
      const path = await worktree();
      const own = await rig.commit('by hand', { a: 'a\n' }, { cwd: path });
      await rm(path, { recursive: true });
      expect(await worktree()).toBe(path);
      expect(await rig.git(['status', '--porcelain=v2', '--branch'], { cwd: path })).toContain(main);
      expect(await rig.refs('refs/plan-runs/')).toContain(own);
      await rm(path, { recursive: true });
      await rig.git(['worktree', 'prune']);
      await worktree();
      expect((await rig.git(['worktree', 'list'])).split('\n')).toHaveLength(2);
    }),
  );

  test(
    'a .git file deleted by an executor is written again; nothing reaches the repository around it',
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const path = await worktree();
      await rig.git(['init', '-q'], { cwd: join(rig.folder, 'repository.worktrees') });
      await rm(join(path, '.git'));
      await rig.write({ typed: 'x\n' }, { cwd: path });
      expect(await deeds.inspect(path)).toEqual({ head: main, dirty: true });
      await worktree();
      expect(await deeds.inspect(path)).toEqual({ head: main, dirty: false });
      expect(await rig.fileAt('refs/plan-runs/r1/salvage/A/found-0', 'typed')).toBe('x\n');
    }),
  );

  test.each([
    ['a file', (path: string) => writeFile(path, 'nonsense')],
    ['a pipe', (path: string) => Promise.resolve(void execFileSync('mkfifo', [path]))],
    ['a repository of its own', (path: string) => Promise.resolve(void execFileSync('git', ['init', '-q', join(path, '..')]))],
    ["another plan's worktree", (path: string) => writeFile(path, 'gitdir: ../../repository/.git/worktrees/B\n')],
  ])('%s in the place of .git after an attempt: kept aside, and the work is taken up as it stands', (_, put) =>
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const path = await worktree();
      await deeds.prepareWorktree({ plan: 'B', slot: 0, path: join(path, '..', 'B') }, main);
      await rm(join(path, '.git'));
      await put(join(path, '.git'));
      await rig.write({ 'work.txt': 'work\n' }, { cwd: path });
      expect(await deeds.inspect(path)).toEqual({ head: main, dirty: true });
      expect(await rig.git(['rev-parse', '--absolute-git-dir'], { cwd: path })).toBe(join(rig.top, '.git/worktrees/A'));
      expect(await readdir(join(rig.top, '.git/plan/kept/r1/salvage/damaged/A/1'))).toEqual(['.git']);
      expect(await deeds.salvage(path, main, 'salvage/A.1.1/1', 'kept')).toMatchObject({ ref: 'refs/plan-runs/r1/salvage/A.1.1/1' });
      expect(await rig.fileAt('refs/plan-runs/r1/salvage/A.1.1/1', 'work.txt')).toBe('work\n');
    })(),
  );

  test(
    "a link to another plan's worktree in the folder's place: nothing there is touched, and the link goes out of the way",
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const path = await worktree();
      const other = join(path, '..', 'B');
      await deeds.prepareWorktree({ plan: 'B', slot: 0, path: other }, main);
      await rig.write({ 'of-b.txt': 'b\n' }, { cwd: other });
      await rm(path, { recursive: true });
      await symlink(other, path);
      await expect(deeds.inspect(path)).rejects.toMatchObject({ kind: 'not-a-repository' });
      expect(await deeds.salvage(path, main, 'salvage/A.1.1/1', 'kept')).toBeUndefined();
      expect(await readlink(`${path}.kept-1`)).toBe(other);
      expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, main)).toMatchObject({ ok: true });
      expect(await deeds.inspect(other)).toEqual({ head: main, dirty: true });
    }),
  );

  test(
    'names that git takes into no commit are kept beside it',
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const path = await worktree();
      await rig.write({ '.GIT/config': 'x\n', 'deep/git~1': 'x\n', 'work.txt': 'work\n' }, { cwd: path });
      const work = { path, base: main, tip: main, subject: 's', body: '', trailers: [], hooks: false };
      expect(await deeds.commitAttempt({ ...work, ...(await deeds.inspect(path)) })).toMatchObject({ ok: false, error: { reason: 'git', note: expect.stringContaining('.GIT/config') } });
      expect(await deeds.salvage(path, main, 'salvage/A.1.1/1', 'kept')).toBeDefined();
      expect(await rig.tree('refs/plan-runs/r1/salvage/A.1.1/1')).toContain('work.txt');
      expect(await deeds.inspect(path)).toEqual({ head: main, dirty: false });
      const kept = join(rig.top, '.git/plan/kept/r1/salvage/A.1.1');
      expect((await readdir(kept, { recursive: true })).sort()).toEqual(expect.arrayContaining(['1/1/.GIT/config', '1/2/deep/git~1']));
    }),
  );

  test(
    'a .git replaced by a repository of the executor: the folder is set aside whole',
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const path = await worktree();
      await rm(join(path, '.git'));
      await rig.git(['init', '-q'], { cwd: path });
      const slot = { plan: 'A', slot: 0, path };
      expect(await deeds.prepareWorktree(slot, main)).toMatchObject({ ok: false, error: { code: 'worktree-set-aside' } });
      expect(await readdir(`${path}.kept-1`)).toContain('README.md');
      expect(await deeds.prepareWorktree(slot, main)).toEqual({ ok: true, value: { path, fresh: true } });
    }),
  );

  test(
    'what is not ours is refused: a folder, a file, a worktree made by hand',
    deedsTest(async ({ rig, deeds, main }) => {
      await rig.write({ 'a/typed': 'x', file: 'x' }, { cwd: join(rig.folder, 'tmp') });
      await rig.git(['worktree', 'add', '-q', '--detach', '../byhand']);
      for (const path of [join(rig.folder, 'tmp', 'a'), join(rig.folder, 'tmp', 'file'), join(rig.folder, 'byhand')]) {
        expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, main)).toMatchObject({
          ok: false,
          error: { kind: 'person', code: 'worktree-occupied' },
        });
      }
      expect(await readFile(join(rig.folder, 'tmp', 'a', 'typed'), 'utf8')).toBe('x');
      await mkdir(join(rig.folder, 'tmp', 'empty'));
      expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path: join(rig.folder, 'tmp', 'empty') }, main)).toMatchObject({ ok: true });
    }),
  );

  test(
    'inside the repository only where it is ignored, never inside git',
    deedsTest(async ({ rig, deeds }) => {
      const base = await rig.commit('ignore', { '.gitignore': '/trees/\n' });
      const at = (path: string): ReturnType<typeof deeds.prepareWorktree> =>
        deeds.prepareWorktree({ plan: 'A', slot: 0, path: join(rig.top, path) }, base);
      expect(await at('.git/w')).toMatchObject({ ok: false, error: { code: 'worktree-in-git' } });
      expect(await at('elsewhere/A')).toMatchObject({ ok: false, error: { code: 'worktree-in-checkout' } });
      expect(await at('trees/A')).toMatchObject({ ok: true });
      expect(await rig.git(['status', '--porcelain'])).toBe('');
    }),
  );

  test('bare repositories and sparse, shallow clones', async () => {
    await deedsTest(
      async ({ rig, worktree, commit, main }) => {
        const path = await worktree();
        await rig.write({ a: 'a\n' }, { cwd: path });
        expect(await commit(path, main)).toMatchObject({ ok: true, value: { changed: true } });
      },
      { bare: true },
    )();
    await rigTest(async ({ rig }) => {
      await rig.commit('more', { 'in/a': 'a\n', 'out/b': 'b\n' });
      const top = join(rig.folder, 'clone');
      await rig.git(['clone', '-q', '--depth=1', '--sparse', `file://${rig.top}`, top]);
      await rig.git(['sparse-checkout', 'set', 'in'], { cwd: top });
      const repository = await open(rig, top);
      const deeds = createPlanDeeds(repository, { run: 'r1', copy: [] });
      const base = (await deeds.resolve('HEAD')) ?? '';
      const path = join(rig.folder, 'w', 'A');
      expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, base)).toMatchObject({ ok: true });
      await rig.write({ 'out/new': 'n\n', 'in/a': '2\n' }, { cwd: path });
      const made = await deeds.commitAttempt({
        path,
        base,
        tip: base,
        ...(await deeds.inspect(path)),
        subject: 's',
        body: '',
        trailers: [],
        hooks: false,
      });
      expect(await rig.git(['diff-tree', '-r', '--name-status', '--no-commit-id', made.ok ? made.value.commit : ''], { cwd: top })).toBe(
        'M\tin/a\nA\tout/new',
      );
      deeds.close();
    })();
  });

  test(
    'submodules: empty at first, brought along once they are set up',
    rigTest(async ({ rig }) => {
      const library = join(rig.folder, 'library');
      await rig.git(['init', '-q', library]);
      const one = await rig.commit('one', { l: '1\n' }, { cwd: library });
      await rig.git(['submodule', '--quiet', 'add', library, 'lib']);
      const base = await rig.commit('with a submodule');
      await rig.commit('two', { l: '2\n' }, { cwd: library });
      await rig.git(['-C', 'lib', 'pull', '-q']);
      const next = await rig.commit('newer');
      const deeds = createPlanDeeds(await open(rig), { run: 'r1', copy: [] });
      const slot = { plan: 'A', slot: 0, path: join(rig.folder, 'w', 'A') };
      expect(await deeds.prepareWorktree(slot, base)).toMatchObject({ ok: true });
      expect(await deeds.inspect(slot.path)).toEqual({ head: base, dirty: false });
      await rig.git(['submodule', '--quiet', 'update', '--init'], { cwd: slot.path });
      expect(await deeds.prepareWorktree(slot, next)).toMatchObject({ ok: true });
      expect(await deeds.inspect(slot.path)).toEqual({ head: next, dirty: false });
      await rig.write({ 'lib/l': 'changed\n' }, { cwd: slot.path });
      const work = { path: slot.path, base: next, tip: next, subject: 's', body: '', trailers: [], hooks: false };
      expect(await deeds.commitAttempt({ ...work, ...(await deeds.inspect(slot.path)) })).toMatchObject({
        ok: false,
        error: { reason: 'git', files: ['lib'] },
      });
      await rig.git(['checkout', '-q', '--force', one], { cwd: join(slot.path, 'lib') });
      const moved = await deeds.commitAttempt({ ...work, ...(await deeds.inspect(slot.path)) });
      expect(moved).toMatchObject({ ok: true, value: { changed: true } });
      deeds.close();
    }),
  );
});

describe('copy and setup', () => {
  const copying = (copy: readonly string[]) => ({ copy });

  test(
    'ignored files and folders arrive, in new worktrees only',
    deedsTest(
      async ({ rig, worktree }) => {
        const base = await rig.commit('ignore', { '.gitignore': '.env\nsecrets/\n' });
        await rig.write({ '.env': 'KEY=1\n', 'secrets/a/b': 'x', 'secrets/link': { link: 'a/b' } });
        const path = await worktree(base);
        expect(await readFile(join(path, '.env'), 'utf8')).toBe('KEY=1\n');
        expect(await readFile(join(path, 'secrets/link'), 'utf8')).toBe('x');
        await writeFile(join(path, '.env'), 'KEY=2\n');
        await worktree(base);
        expect(await readFile(join(path, '.env'), 'utf8')).toBe('KEY=2\n');
      },
      {},
      copying(['.env', 'secrets/']),
    ),
  );

  test.each([
    ['a file git does not ignore', 'README.md', 'copy-not-ignored'],
    ['a file that is not there', '.env', 'copy-missing'],
    ['out of the repository', '../home/.gitconfig', 'copy-outside'],
    ['an absolute path', '/etc/passwd', 'copy-outside'],
    ['inside git', '.git/config', 'copy-outside'],
    ['through a link', 'out/.gitconfig', 'copy-outside'],
  ])('refused: %s', async (_name, path, code) => {
    await deedsTest(
      async ({ rig, deeds, main }) => {
        await rig.write({ out: { link: rig.home } });
        expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path: join(rig.folder, 'w', 'A') }, main)).toMatchObject({
          ok: false,
          error: { code },
        });
      },
      {},
      copying([path]),
    )();
  });

  test(
    'never through a link that the commit holds',
    deedsTest(
      async ({ rig, deeds }) => {
        await rig.write({ 'conf/.env': 'x', '.gitignore': '.env\n' });
        const base = await rig.commitOn('evil', 'evil', { conf: { link: '../../home' } });
        expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path: join(rig.folder, 'w', 'A') }, base)).toMatchObject({
          ok: false,
          error: { code: 'copy-outside' },
        });
        expect(await readdir(rig.home)).not.toContain('.env');
      },
      {},
      copying(['conf/.env']),
    ),
  );

  test('setup runs once; where it failed, the worktree is begun anew', async () => {
    let calls = 0;
    const setup = async () => {
      calls += 1;
      return calls === 1
        ? err({ kind: 'failed', code: 'setup-failed', message: 'npm ci failed' } as const)
        : ({ ok: true, value: undefined } as const);
    };
    await deedsTest(
      async ({ rig, deeds, main }) => {
        const slot = { plan: 'A', slot: 0, path: join(rig.folder, 'w', 'A') };
        expect(await deeds.prepareWorktree(slot, main)).toMatchObject({ ok: false, error: { code: 'setup-failed' } });
        expect(await deeds.prepareWorktree(slot, main)).toEqual({ ok: true, value: { path: slot.path, fresh: true } });
        expect(await deeds.prepareWorktree(slot, main)).toEqual({ ok: true, value: { path: slot.path, fresh: false } });
        expect(calls).toBe(2);
      },
      {},
      { setup },
    )();
  });
});

describe('branches and checkouts', () => {
  test(
    'a resting worktree is attached; the branch moves on and leaves no false changes',
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      await rig.branch('plan/A');
      const path = await worktree();
      await deeds.attach(path, 'plan/A');
      expect(await rig.git(['symbolic-ref', 'HEAD'], { cwd: path })).toBe('refs/heads/plan/A');
      const next = await rig.git(['commit-tree', `${await rig.git(['mktree'], { input: '' })}`, '-p', main, '-m', 'next']);
      expect(await deeds.moveBranch('plan/A', main, next)).toEqual({ ok: true, value: undefined });
      expect(await deeds.inspect(path)).toEqual({ head: main, dirty: false });
      await deeds.attach(path, 'plan/A');
      expect(await deeds.inspect(path)).toEqual({ head: next, dirty: false });
    }),
  );

  test(
    'a branch that a person has checked out is not moved under them',
    deedsTest(async ({ rig, deeds, main }) => {
      const next = await rig.commitOn('next', 'next', { a: 'a' });
      await expect(deeds.moveBranch('main', main, next)).rejects.toThrow(DeedRefused);
      expect(await rig.resolve('main')).toBe(main);
      await rig.git(['worktree', 'add', '-q', '-b', 'other', '../other']);
      await expect(deeds.moveBranch('other', main, next)).rejects.toThrow('checked out in');
    }),
  );
});

describe('removal', () => {
  test(
    'only ours, only clean, only what is kept elsewhere',
    deedsTest(async ({ rig, worktree, main }) => {
      const repository = await open(rig);
      const path = await worktree();
      await rig.git(['worktree', 'add', '-q', '--detach', '../byhand']);
      expect(await reasonToKeep(repository, join(rig.folder, 'byhand'))).toMatchObject({
        message: expect.stringContaining('not made by plan'),
      });
      await rig.write({ a: 'a\n' }, { cwd: path });
      expect(await removeWorktree(repository, path)).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining('not committed') },
      });
      const own = await rig.commit('own', {}, { cwd: path });
      expect(await removeWorktree(repository, path)).toMatchObject({ ok: false, error: { message: expect.stringContaining('no branch') } });
      await rig.branch('kept', own);
      await rig.git(['worktree', 'lock', '--reason', 'mine', path]);
      expect(await removeWorktree(repository, path)).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining('locked: mine') },
      });
      await rig.git(['worktree', 'unlock', path]);
      expect(await removeWorktree(repository, path)).toEqual({ ok: true, value: undefined });
      expect(await rig.git(['worktree', 'list'])).not.toContain(path);
      expect(await readdir(join(rig.folder, 'repository.worktrees', 'm'))).toEqual([]);
      expect(await rig.git(['rev-parse', 'main'])).toBe(main);
      repository.close();
    }),
  );

  test(
    'what a removal left that was killed half way goes with the next deed on its path; names that a person gives stay',
    deedsTest(async ({ rig, worktree }) => {
      const repository = await open(rig);
      const path = await worktree();
      const leave = async (names: readonly string[]): Promise<void> => {
        for (const name of names) await rig.write({ [`${name}/deep/file`]: 'left' }, { cwd: dirname(path) });
      };
      const doomed = 'A.removed-0f0e0d0c-1111-4222-8333-444455556666';
      const others = ['A.1.removed-0f0e0d0c-1111-4222-8333-444455556666', 'A.kept-1', 'A.removed-by-me', 'B.removed-0f0e0d0c'];
      await leave([doomed, ...others]);
      expect(await removeWorktree(repository, path)).toEqual({ ok: true, value: undefined });
      expect((await readdir(dirname(path))).sort()).toEqual([...others].sort());
      await leave([doomed]);
      await worktree();
      expect((await readdir(dirname(path))).sort()).toEqual(['A', ...others].sort());
      // Killed after the folder was taken off its path, before the entry was dropped: it is noted as being made.
      await rename(path, join(dirname(path), doomed));
      const [note = ''] = await readdir(join(rig.top, '.git', 'plan', 'worktrees'));
      const file = join(rig.top, '.git', 'plan', 'worktrees', note);
      const record = JSON.parse(await readFile(file, 'utf8')) as { owner: object };
      await writeFile(file, JSON.stringify({ ...record, state: 'making', owner: { ...record.owner, startTime: '1' } }));
      expect(await recoverRepository(repository, { run: 'r1', branches: [] })).toMatchObject({ worktrees: [path] });
      expect((await readdir(dirname(path))).sort()).toEqual([...others].sort());
      expect(await rig.git(['worktree', 'list', '--porcelain'])).not.toContain(path);
      repository.close();
    }),
  );

  test.each([
    ['before the entry had a HEAD', async (entry: string) => rm(join(entry, 'HEAD'))],
    ['before the link was written', async (_entry: string, path: string) => writeFile(join(path, '.git'), '')],
    ['and somebody pruned its entry', async (entry: string) => rm(entry, { recursive: true })],
  ] as const)('one whose linking was killed %s is made anew', (_when, tear) =>
    deedsTest(async ({ rig, worktree, main }) => {
      const path = await worktree();
      const [note = ''] = await readdir(join(rig.top, '.git', 'plan', 'worktrees'));
      const file = join(rig.top, '.git', 'plan', 'worktrees', note);
      const cutOff = async (): Promise<void> => {
        const record = JSON.parse(await readFile(file, 'utf8')) as { owner: object };
        for (const name of await readdir(path)) if (name !== '.git') await rm(join(path, name), { recursive: true });
        await tear(join(rig.top, '.git', 'worktrees', 'A'), path);
        await writeFile(file, JSON.stringify({ ...record, state: 'making', owner: { ...record.owner, startTime: '1' } }));
      };
      await cutOff();
      expect(await worktree()).toBe(path);
      expect(await rig.git(['rev-parse', 'HEAD'], { cwd: path })).toBe(main);
      expect(await rig.git(['status', '--porcelain'], { cwd: path })).toBe('');
      expect(await rig.git(['worktree', 'list', '--porcelain'])).not.toMatch(/prunable|locked/);
      expect(await readdir(dirname(path))).toEqual(['A']);
    })(),
  );

  test(
    'a folder moved by hand keeps its files and its commits',
    deedsTest(async ({ rig, worktree }) => {
      const path = await worktree();
      await rig.write({ typed: 'x\n' }, { cwd: path });
      await rename(path, `${path}-moved`);
      await worktree();
      expect(await readFile(join(`${path}-moved`, 'typed'), 'utf8')).toBe('x\n');
    }),
  );

  test(
    'unreadable leftovers do not block a slot for ever',
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const path = await worktree();
      await rig.write({ 'locked/typed': 'x\n' }, { cwd: path });
      await chmod(join(path, 'locked'), 0o000);
      const again = await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, main);
      // As root everything can be read, and the file is simply kept.
      const kept = again.ok ? await rig.fileAt('refs/plan-runs/r1/salvage/A/found-0', 'locked/typed') : again.error.code;
      expect(['x\n', 'worktree-set-aside']).toContain(kept);
      for (const folder of [path, `${path}.kept-1`]) await chmod(join(folder, 'locked'), 0o755).catch(() => undefined);
    }),
  );
});
