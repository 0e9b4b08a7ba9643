/** What stands in a run's way is said before anything is touched. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentBranch, preflight, resolveTarget } from '../../src/git/preflight.js';
import { createPlanDeeds } from '../../src/git/plan-deeds.js';
import { recoverRepository } from '../../src/git/recover-git.js';
import { writeRecord } from '../../src/git/worktree-record.js';
import { rigTest } from '../rig/repository.js';
import type { RepositoryRig } from '../rig/repository.js';
import { valueOf } from './deeds-test.js';
import { open } from './open.js';

async function codes(rig: RepositoryRig, branches: Record<string, string>): Promise<{ failures: string[]; warnings: string[] }> {
  const repository = await open(rig);
  const found = await preflight(repository, { target: valueOf(await resolveTarget(repository, 'main')), branches });
  repository.close();
  return { failures: found.failures.map(({ failure }) => failure.code), warnings: found.warnings.map((failure) => failure.code) };
}

describe('preflight', () => {
  test(
    'nothing in the way',
    rigTest(async ({ rig }) => {
      await rig.branch('plan/A');
      expect(await codes(rig, { A: 'plan/A', B: 'feature/x' })).toEqual({ failures: [], warnings: [] });
    }),
  );

  test(
    'branches that cannot be, or are taken',
    rigTest(async ({ rig }) => {
      await rig.branch('feature');
      await rig.branch('deep/er');
      await rig.branch('Case/A');
      await rig.git(['worktree', 'add', '-q', '-b', 'busy', '../busy']);
      expect(await codes(rig, { A: 'feature/auth' })).toEqual({ failures: ['branch-clash'], warnings: [] });
      expect(await codes(rig, { A: 'deep' })).toEqual({ failures: ['branch-clash'], warnings: [] });
      expect(await codes(rig, { A: 'case/a' })).toEqual({ failures: [], warnings: ['branch-clash'] });
      expect(await codes(rig, { A: 'main' })).toEqual({ failures: ['branch-is-target'], warnings: [] });
      expect(await codes(rig, { A: 'busy' })).toEqual({ failures: ['branch-checked-out'], warnings: [] });
      await rig.git(['config', 'core.ignoreCase', 'true']);
      expect(await codes(rig, { A: 'case/a' })).toEqual({ failures: ['branch-clash'], warnings: [] });
    }),
  );

  test(
    'a target behind its upstream, and nobody to commit as',
    rigTest(async ({ rig }) => {
      await rig.commit('newer', { a: 'a' });
      await rig.git(['clone', '-q', rig.top, '../clone']);
      await rig.git(['reset', '-q', '--hard', 'HEAD~1'], { cwd: join(rig.folder, 'clone') });
      await rig.git(['config', 'user.useConfigOnly', 'true'], { cwd: join(rig.folder, 'clone') });
      await rig.write({ 'home/.gitconfig': '' }, { cwd: rig.folder });
      const repository = await open(rig, join(rig.folder, 'clone'));
      const found = await preflight(repository, { target: valueOf(await resolveTarget(repository, 'main')), branches: {} });
      expect(found).toMatchObject({
        failures: [{ failure: { code: 'no-identity' } }],
        warnings: [{ code: 'target-behind', message: 'main is 1 commits behind origin/main' }],
      });
      expect(await resolveTarget(repository, 'origin/main')).toMatchObject({
        ok: true,
        value: { ref: 'refs/remotes/origin/main', local: false },
      });
      repository.close();
    }),
  );

  test(
    'no such target, no commit, no branch checked out',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      expect(await resolveTarget(repository, 'nope')).toMatchObject({ ok: false, error: { code: 'unknown-target' } });
      expect(await currentBranch(repository, rig.top)).toEqual({ ok: true, value: 'main' });
      await rig.git(['checkout', '-q', '--detach']);
      expect(await currentBranch(repository, rig.top)).toMatchObject({ ok: false, error: { code: 'detached-head' } });
      repository.close();
      await rig.git(['init', '-q', '../unborn']);
      const unborn = await open(rig, join(rig.folder, 'unborn'));
      expect(await resolveTarget(unborn, 'main')).toMatchObject({ ok: false, error: { code: 'no-commit' } });
      unborn.close();
    }),
  );
});

describe('recovery', () => {
  const former = { run: 'r', branches: ['plan/A'] };

  test(
    'an early kill of worktree add: entries that make git fail everywhere are dropped, others stay',
    rigTest(async ({ rig }) => {
      await rig.git(['worktree', 'add', '-q', '--detach', '../whole']);
      await rig.git(['worktree', 'add', '-q', '--detach', '../gone']);
      await rig.run('rm', ['-r', join(rig.folder, 'gone')]);
      const entry = join(rig.top, '.git', 'worktrees', 'half');
      await mkdir(entry);
      for (const [name, text] of [
        ['locked', 'initializing'],
        ['gitdir', `${rig.folder}/half/.git\n`],
        ['HEAD', `${'0'.repeat(40)}\n`],
        ['commondir', '../..\n'],
      ] as const)
        await writeFile(join(entry, name), text);
      await mkdir(join(rig.top, '.git', 'worktrees', 'nothing'));
      expect((await rig.tryGit(['log', '--all'])).code).not.toBe(0);
      const repository = await open(rig);
      expect(await recoverRepository(repository, former)).toMatchObject({ entries: ['half', 'nothing'] });
      expect((await rig.tryGit(['log', '--all'])).code).toBe(0);
      expect((await rig.git(['worktree', 'list'])).split('\n')).toHaveLength(3);
      expect(await recoverRepository(repository, former)).toEqual({ worktrees: [], entries: [], locks: [], held: [] });
      repository.close();
    }),
  );

  test(
    'lock files that nobody holds are removed, those of a living git stay',
    rigTest(async ({ rig }) => {
      const locks = ['packed-refs.lock', 'refs/heads/plan/A.lock', 'refs/plan-runs/r/x.lock'].map((name) => join(rig.top, '.git', name));
      const old = async (): Promise<void> => {
        for (const lock of locks) await rig.run('sh', ['-c', 'mkdir -p "$(dirname "$1")" && touch -d "1 hour ago" "$1"', 'sh', lock]);
      };
      const repository = await open(rig);
      await old();
      const living = rig.spawn('git', ['hash-object', '--stdin']);
      expect(await recoverRepository(repository, former)).toMatchObject({ locks: [], held: locks });
      living.stdin?.end();
      await new Promise((resolve) => living.once('close', resolve));
      expect(await recoverRepository(repository, former)).toMatchObject({ locks, held: [] });
      repository.close();
    }),
  );

  test(
    'a worktree whose maker died is discarded, and what somebody put there is kept',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const deeds = createPlanDeeds(repository, { run: 'r', copy: [] });
      const path = join(rig.folder, 'w', 'A');
      await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, (await deeds.resolve('main')) ?? '');
      await rig.write({ typed: 'x\n' }, { cwd: path });
      await writeRecord(repository, { path, plan: 'A', slot: 0, state: 'making' });
      const file = (await rig.run('sh', ['-c', 'ls .git/plan/worktrees/*.json'])).stdout.trim();
      await rig.run('sh', ['-c', `sed -i 's/"startTime":"[0-9]*"/"startTime":"1"/' ${file}`]);
      expect(await recoverRepository(repository, former)).toMatchObject({ worktrees: [path] });
      expect(await rig.fileAt('refs/plan-runs/r/salvage/A/found-0', 'typed')).toBe('x\n');
      expect((await rig.git(['worktree', 'list'])).split('\n')).toHaveLength(1);
      expect(await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, (await deeds.resolve('main')) ?? '')).toMatchObject({
        ok: true,
        value: { fresh: true },
      });
      deeds.close();
    }),
  );
});
