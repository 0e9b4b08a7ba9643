/** The deeds on a real repository: what an attempt left becomes commits, all of it and only it. */
import { access, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonToKeep } from '../../src/git/worktree-removal.js';
import { lines } from '../rig/repository.js';
import { deedsTest, valueOf } from './deeds-test.js';
import { open } from './open.js';

describe('commitAttempt', () => {
  test(
    'nothing changed: the tip, and nothing made',
    deedsTest(async ({ worktree, commit, main }) => {
      const path = await worktree();
      expect(await commit(path, main)).toEqual({ ok: true, value: { commit: main, changed: false } });
    }),
  );

  test(
    'renames, deletes, modes, links, odd names and empty files are exact; ignored files stay out',
    deedsTest(async ({ rig, worktree, commit }) => {
      const base = await rig.commit('more', {
        'a b/ünï\n"q".txt': 'odd\n',
        'tool.sh': 'x\n',
        link: { link: 'tool.sh' },
        'gone/x': 'x\n',
        '.gitignore': '*.log\n',
      });
      const path = await worktree(base);
      await rm(join(path, 'gone'), { recursive: true });
      await rm(join(path, 'link'));
      await chmod(join(path, 'tool.sh'), 0o755);
      await rig.git(['mv', '--', 'a b/ünï\n"q".txt', '-dash'], { cwd: path });
      await rig.write({ 'new/empty': '', link: { link: '../outside' }, 'noise.log': 'x', '--option': 'x' }, { cwd: path });
      const made = valueOf(await commit(path, base));
      expect(made.changed).toBe(true);
      expect(await rig.git(['diff-tree', '-r', '--no-commit-id', '--name-status', '-z', '-M', made.commit])).toBe(
        ['A', '--option', 'R100', 'a b/ünï\n"q".txt', '-dash', 'D', 'gone/x', 'M', 'link', 'A', 'new/empty', 'M', 'tool.sh', ''].join('\0'),
      );
      expect(await rig.git(['ls-tree', '--format=%(objectmode) %(path)', made.commit, 'tool.sh', 'link'])).toBe(
        lines('120000 link', '100755 tool.sh'),
      );
      expect(await rig.git(['log', '-1', '--format=%B', made.commit])).toBe(
        lines('A 1.1', '', 'what it is about', '', 'Plan-Attempt: r1 A.1.1#1', ''),
      );
      expect(await rig.git(['status', '--porcelain'], { cwd: path })).toBe('');
      expect(await readFile(join(path, 'noise.log'), 'utf8')).toBe('x');
    }),
  );

  test(
    'own commits are kept, the rest becomes the last one',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const path = await worktree();
      await rig.commit('own 1', { a: '1\n' }, { cwd: path });
      await rig.commit('own 2', { a: '2\n' }, { cwd: path });
      await rig.write({ b: 'rest\n' }, { cwd: path });
      const { commit: made } = valueOf(await commit(path, main));
      expect(await rig.history(made)).toBe(lines('start', 'own 1', 'own 2', 'A 1.1'));
    }),
  );

  test(
    'a tip that moved: everything is carried over, authors and merges too',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const tip = await rig.commitOn('plan/A', 'other task', { other: 'x\n', 'README.md': 'start\nfrom the tip\n' });
      const side = await rig.commitOn('side', 'side', { side: 's\n' });
      const path = await worktree();
      await rig.write({ a: '1\n' }, { cwd: path });
      await rig.git(['add', '-A'], { cwd: path });
      await rig.git(['commit', '-qm', 'own', '--author', 'Somebody <s@example.com>'], { cwd: path });
      await rig.git(['merge', '-q', '--no-ff', '-m', 'merge side', side], { cwd: path });
      await rig.write({ rest: 'r\n' }, { cwd: path });
      const { commit: made } = valueOf(await commit(path, main, { tip }));
      expect(await rig.history(made)).toBe(lines('start', 'other task', 'own', 'merge side', 'A 1.1'));
      expect(await rig.git(['log', '-1', '--format=%an', `${made}~2`])).toBe('Somebody');
      expect(await rig.resolve(`${made}~1^2`)).toBe(side);
      expect(await rig.tree(made)).toBe(lines(...['README.md', 'a', 'other', 'rest', 'side'].map((name) => `100644 ${name}`)));
      expect(await rig.fileAt(made, 'README.md')).toBe('start\nfrom the tip\n');
      // What was carried over is known: the worktree may go once a branch holds it, and nothing is salvaged when it is used again.
      const repository = await open(rig);
      expect(await reasonToKeep(repository, path)).toMatchObject({ message: expect.stringContaining('no branch') });
      await rig.branch('plan/A', made);
      expect(await reasonToKeep(repository, path)).toBeUndefined();
      repository.close();
      await worktree(made);
      expect(await rig.refs('refs/plan-runs/')).toBe('');
    }),
  );

  test(
    'a merge whose second parent is our line keeps what the tip has',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const tip = await rig.commitOn('plan/A', 'other task', { other: 'x\n' });
      const side = await rig.commitOn('side', 'side', { side: 's\n' });
      const path = await worktree();
      const own = await rig.commit('own', { a: '1\n' }, { cwd: path });
      await rig.git(['checkout', '-q', '--detach', side], { cwd: path });
      await rig.git(['merge', '-q', '--no-ff', '-m', 'merge own', own], { cwd: path });
      const { commit: made } = valueOf(await commit(path, main, { tip }));
      expect(await rig.tree(made)).toBe(lines(...['README.md', 'a', 'other', 'side'].map((name) => `100644 ${name}`)));
    }),
  );

  test(
    'a conflict with the new tip names the files and moves nothing',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const tip = await rig.commitOn('plan/A', 'other task', { 'README.md': 'theirs\n' });
      const path = await worktree();
      await rig.write({ 'README.md': 'ours\n', b: 'b\n' }, { cwd: path });
      expect(await commit(path, main, { tip })).toMatchObject({ ok: false, error: { reason: 'conflict', files: ['README.md'] } });
      expect(await rig.resolve('plan/A')).toBe(tip);
    }),
  );

  test(
    'history rewritten below the start is refused, and what was there stays kept',
    deedsTest(async ({ rig, deeds, worktree, commit }) => {
      const base = await rig.commit('second', { x: 'x\n' });
      const path = await worktree(base);
      await rig.git(['commit', '-q', '--amend', '-m', 'rewritten'], { cwd: path });
      const rewritten = await rig.git(['rev-parse', 'HEAD'], { cwd: path });
      expect(await commit(path, base)).toMatchObject({ ok: false, error: { reason: 'rewritten' } });
      expect(await deeds.salvage(path, base, 'salvage/A.1.1/1', 'bad')).toEqual({
        ref: 'refs/plan-runs/r1/salvage/A.1.1/1',
        commit: rewritten,
      });
      expect(await deeds.inspect(path)).toEqual({ head: base, dirty: false });
    }),
  );

  test(
    'commits that were amended or reset away stay reachable',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const path = await worktree();
      const first = await rig.commit('first try', { a: '1\n' }, { cwd: path });
      await rig.git(['commit', '-q', '--amend', '-m', 'second try'], { cwd: path });
      const second = await rig.git(['rev-parse', 'HEAD'], { cwd: path });
      await rig.git(['reset', '-q', '--hard', 'HEAD~1'], { cwd: path });
      await rig.write({ b: 'b\n' }, { cwd: path });
      expect(await rig.history(valueOf(await commit(path, main)).commit)).toBe(lines('start', 'A 1.1'));
      expect((await rig.refs('refs/plan-runs/')).split('\n').sort()).toEqual(
        [first, second].map((id) => `refs/plan-runs/r1/salvage/dropped/${id} ${id}`).sort(),
      );
    }),
  );

  test(
    'what was stashed is kept by a ref',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const path = await worktree();
      await rig.write({ 'README.md': 'stashed\n' }, { cwd: path });
      await rig.git(['stash'], { cwd: path });
      const stash = await rig.git(['rev-parse', 'refs/stash']);
      await rig.write({ b: 'b\n' }, { cwd: path });
      await commit(path, main);
      expect(await rig.refs('refs/plan-runs/')).toContain(stash);
    }),
  );

  test(
    'a branch that the executor checked out is not moved by our commit',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      await rig.branch('precious');
      const path = await worktree();
      await rig.git(['checkout', '-q', 'precious'], { cwd: path });
      await rig.write({ b: 'b\n' }, { cwd: path });
      expect(await rig.history(valueOf(await commit(path, main)).commit)).toBe(lines('start', 'A 1.1'));
      expect(await rig.resolve('precious')).toBe(main);
    }),
  );

  test(
    'a branch without a commit that the executor began: what stands there follows what it began with',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const path = await worktree();
      await rig.git(['checkout', '--quiet', '--orphan', 'fresh'], { cwd: path });
      await rig.write({ new: 'x\n' }, { cwd: path });
      const { commit: made } = valueOf(await commit(path, main));
      expect(await rig.history(made)).toBe(lines('start', 'A 1.1'));
      expect(await rig.git(['diff-tree', '-r', '--no-commit-id', '--name-status', '-z', made])).toBe(['A', 'new', ''].join('\0'));
      expect(await rig.git(['status', '--porcelain'], { cwd: path })).toBe('');
    }),
  );

  test(
    'an executor that moved the plan branch itself: the move goes the rest of the way',
    deedsTest(async ({ rig, deeds, worktree, commit, main }) => {
      await rig.branch('plan/A');
      const path = await worktree();
      await rig.git(['checkout', '-q', 'plan/A'], { cwd: path });
      const own = await rig.commit('own', { a: 'a\n' }, { cwd: path });
      await rig.write({ b: 'b\n' }, { cwd: path });
      const { commit: made } = valueOf(await commit(path, main));
      expect(await rig.resolve('plan/A')).toBe(own);
      expect(await deeds.moveBranch('plan/A', main, made)).toEqual({ ok: true, value: undefined });
      expect(await rig.history('plan/A')).toBe(lines('start', 'own', 'A 1.1'));
    }),
  );

  test.each([
    ['with a commit', true],
    ['without a commit', false],
  ])('a repository inside the worktree, %s, is bad output and is kept whole', async (_name, committed) => {
    await deedsTest(async ({ rig, deeds, worktree, commit, main }) => {
      const path = await worktree();
      const inner = join(path, 'sub', 'inner');
      await mkdir(inner, { recursive: true });
      await rig.git(['init', '-q'], { cwd: inner });
      await writeFile(join(inner, 'file'), 'x');
      if (committed) await rig.commit('inner', { file: 'x' }, { cwd: inner });
      await rig.write({ other: 'o\n' }, { cwd: path });
      const result = await commit(path, main);
      expect(result).toMatchObject({ ok: false, error: { reason: 'git' } });
      expect(result.ok ? '' : result.error.note).toContain('sub/inner');
      const kept = await deeds.salvage(path, main, 'salvage/A.1.1/1', 'bad');
      expect(await rig.tree(kept?.commit)).toBe(lines('100644 README.md', '100644 other'));
      const folder = /moved to (.*)/.exec(await rig.git(['log', '-1', '--format=%B', kept?.commit ?? '']))?.[1] ?? '';
      expect(await readFile(join(folder, 'file'), 'utf8')).toBe('x');
      expect(await deeds.inspect(path)).toEqual({ head: main, dirty: false });
    })();
  });

  test(
    'what is kept under one name twice, as after tasks were renumbered, is kept twice',
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const name = 'refs/plan-runs/r1/salvage/A.1.1/1';
      const keep = async (content: string): Promise<{ readonly ref: string; readonly folder: string }> => {
        const path = await worktree();
        const inner = join(path, 'inner');
        await mkdir(inner, { recursive: true });
        await rig.git(['init', '-q'], { cwd: inner });
        await writeFile(join(inner, 'file'), content);
        await rig.write({ typed: content }, { cwd: path });
        const kept = await deeds.salvage(path, main, 'salvage/A.1.1/1', 'bad');
        return { ref: kept?.ref ?? '', folder: /moved to (.*)/.exec(await rig.git(['log', '-1', '--format=%B', kept?.commit ?? '']))?.[1] ?? '' };
      };
      const kept = [await keep('first'), await keep('second'), await keep('third')];
      expect(kept.map(({ ref }) => ref)).toEqual([name, `${name}.2`, `${name}.3`]);
      expect(await Promise.all(kept.map(({ ref }) => rig.fileAt(ref, 'typed')))).toEqual(['first', 'second', 'third']);
      expect(await Promise.all(kept.map(({ folder }) => readFile(join(folder, 'file'), 'utf8')))).toEqual(['first', 'second', 'third']);
    }),
  );

  test(
    'a merge left in conflict and a rebase left open are refused, and cleaned away',
    deedsTest(async ({ rig, deeds, worktree, commit }) => {
      const base = await rig.commit('base', { f: '1\n' });
      const side = await rig.commitOn('side', 'side', { f: 'side\n' });
      const path = await worktree(base);
      await rig.commit('own', { f: 'own\n' }, { cwd: path });
      await rig.tryGit(['merge', side], { cwd: path });
      expect(await commit(path, base)).toMatchObject({ ok: false, error: { reason: 'git', files: ['f'] } });
      await deeds.salvage(path, base, 'salvage/A.1.1/1', 'merge');
      expect(await deeds.inspect(path)).toEqual({ head: base, dirty: false });
      const own = await rig.commit('own', { f: 'own\n' }, { cwd: path });
      await rig.tryGit(['rebase', side], { cwd: path });
      await rig.git(['checkout', '-q', '--ours', 'f'], { cwd: path });
      await rig.git(['add', 'f'], { cwd: path });
      const result = await commit(path, base);
      expect(result).toMatchObject({ ok: false, error: { reason: 'git' } });
      await deeds.salvage(path, base, 'salvage/A.1.1/2', 'rebase');
      expect(await rig.refs('refs/plan-runs/')).toContain(own);
      expect(await rig.git(['status'], { cwd: path })).not.toMatch(/rebas|merg/);
      expect(await deeds.inspect(path)).toEqual({ head: base, dirty: false });
    }),
  );

  test(
    'a merge that was prepared and not committed becomes a merge commit',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const side = await rig.commitOn('side', 'side', { side: 's\n' });
      const path = await worktree();
      await rig.commit('own', { a: '1\n' }, { cwd: path });
      await rig.git(['merge', '-q', '--no-commit', side], { cwd: path });
      const { commit: made } = valueOf(await commit(path, main));
      expect(await rig.resolve(`${made}^2`)).toBe(side);
    }),
  );

  test(
    'an index.lock left behind does not stop the commit',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      const path = await worktree();
      await rig.write({ a: 'a\n' }, { cwd: path });
      await rig.run('touch', ['-d', '1 hour ago', join(await rig.git(['rev-parse', '--absolute-git-dir'], { cwd: path }), 'index.lock')]);
      expect(valueOf(await commit(path, main)).changed).toBe(true);
    }),
  );

  test(
    'asked again after a kill half way: its own commit is recognised',
    deedsTest(async ({ rig, deeds, worktree, commit, main }) => {
      const path = await worktree();
      await rig.write({ a: 'a\n' }, { cwd: path });
      const first = valueOf(await commit(path, main));
      const again = await deeds.commitAttempt({
        path,
        base: main,
        tip: main,
        head: main,
        dirty: true,
        subject: 'A 1.1',
        body: '',
        trailers: [],
        hooks: false,
      });
      expect(again).toEqual({ ok: true, value: first });
    }),
  );

  test(
    'a worktree that vanished: commits are still taken, what was uncommitted is said to be gone',
    deedsTest(async ({ rig, deeds, worktree, main }) => {
      const path = await worktree();
      const own = await rig.commit('own', { a: 'a\n' }, { cwd: path });
      await rm(path, { recursive: true });
      const work = { path, base: main, tip: main, head: own, subject: 's', body: '', trailers: [], hooks: false };
      expect(await deeds.commitAttempt({ ...work, dirty: false })).toEqual({ ok: true, value: { commit: own, changed: true } });
      expect(await deeds.commitAttempt({ ...work, dirty: true })).toMatchObject({ ok: false, error: { reason: 'git' } });
    }),
  );
});

describe('commit hooks and signing', () => {
  test(
    'run when wished, see nothing of ours, and may refuse',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      await rig.write({
        '.git/hooks/pre-commit': { executable: '#!/bin/sh\nenv > "$HOME/env"\ntest ! -e refuse || { echo "refused here" >&2; exit 1; }\n' },
        '.git/hooks/commit-msg': { executable: '#!/bin/sh\necho "Hook: ran" >> "$1"\n' },
      });
      const path = await worktree();
      await rig.write({ refuse: '' }, { cwd: path });
      expect(await commit(path, main, { hooks: true })).toEqual({ ok: false, error: { reason: 'hook', files: [], note: 'refused here' } });
      await rig.write({ refuse: null, a: 'a\n' }, { cwd: path });
      const { commit: made } = valueOf(await commit(path, main, { hooks: true }));
      expect(await rig.git(['log', '-1', '--format=%(trailers)', made])).toContain('Hook: ran');
      expect(await readFile(join(rig.home, 'env'), 'utf8')).not.toMatch(/^PLAN/m);
    }),
  );

  test(
    'do not run otherwise',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      await rig.write({
        '.git/hooks/pre-commit': { executable: '#!/bin/sh\nexit 1\n' },
        '.git/hooks/post-commit': { executable: '#!/bin/sh\ntouch "$HOME/ran"\n' },
      });
      const path = await worktree();
      await rig.write({ a: 'a\n' }, { cwd: path });
      expect(valueOf(await commit(path, main)).changed).toBe(true);
      await expect(access(join(rig.home, 'ran'))).rejects.toThrow('ENOENT');
    }),
  );

  test(
    'a relative hooks path into an ignored folder works in worktrees too',
    deedsTest(async ({ rig, worktree, commit }) => {
      const base = await rig.commit('ignore', { '.gitignore': '.husky/\n' });
      await rig.write({ '.husky/pre-commit': { executable: '#!/bin/sh\nexit 1\n' } });
      await rig.git(['config', 'core.hooksPath', '.husky']);
      const path = await worktree(base);
      await rig.write({ a: 'a\n' }, { cwd: path });
      expect(await commit(path, base, { hooks: true })).toMatchObject({ ok: false, error: { reason: 'hook' } });
    }),
  );

  test(
    'a background process of a hook does not hold us up',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      await rig.write({ '.git/hooks/post-commit': { executable: '#!/bin/sh\nsleep 1000 &\n' } });
      const path = await worktree();
      await rig.write({ a: 'a\n' }, { cwd: path });
      expect(valueOf(await commit(path, main, { hooks: true })).changed).toBe(true);
    }),
  );

  test(
    'commits are signed when the user signs',
    deedsTest(async ({ rig, worktree, commit, main }) => {
      await rig.write(
        {
          gpg: {
            executable:
              '#!/bin/sh\ncat > /dev/null\necho "[GNUPG:] SIG_CREATED " >&2\nprintf -- "-----BEGIN PGP SIGNATURE-----\\n\\nfake\\n-----END PGP SIGNATURE-----\\n"\n',
          },
        },
        { cwd: rig.home },
      );
      await rig.git(['config', 'commit.gpgSign', 'true']);
      await rig.git(['config', 'gpg.program', join(rig.home, 'gpg')]);
      const tip = await rig.commitOn('tip', 'tip', { t: 't\n' });
      const path = await worktree();
      await rig.write({ a: 'a\n' }, { cwd: path });
      const { commit: made } = valueOf(await commit(path, main, { tip }));
      expect(await rig.git(['cat-file', 'commit', made])).toContain('gpgsig -----BEGIN PGP SIGNATURE-----');
    }),
  );
});
