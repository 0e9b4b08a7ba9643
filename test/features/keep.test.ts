/** What a run moved can be put back, what it did not finish is kept, and nothing is removed that is not proved to be elsewhere. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { faultTest } from '../rig/faults.js';

const write = (path: string): string => `echo '${path} is whole' > ${path}`;

describe('plan undo', () => {
  test(
    '--run --branches puts every ref that the run moved back where it was, and the checkouts with them',
    faultTest(async (rig) => {
      const { repository } = rig;
      await repository.commitOn('plan/A', 'by hand', { 'hand.txt': 'h\n' });
      await rig.orchestration({ A: [{ '1.1': write('a.txt') }], B: [{ '1.1': write('b.txt') }] });
      const before = { main: await repository.resolve('main'), a: await repository.resolve('plan/A') };
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await repository.fileAt('main', 'a.txt')).toBeDefined();
      const run = (await rig.inRun()).split('/').at(-1) as string;
      expect(await rig.command(['undo', '--run', run, '--all', '--branches'])).toMatchObject({ code: 0 });
      expect({ main: await repository.resolve('main'), a: await repository.resolve('plan/A') }).toEqual(before);
      expect(await repository.git(['status', '--porcelain'], { cwd: rig.worktree('A') })).toBe('');
      expect(existsSync(join(repository.top, 'a.txt'))).toBe(false);
      await rig.expectSound();
    }),
  );

  test(
    "a branch that a person has checked out meanwhile stays, and that is said",
    faultTest(async (rig) => {
      const { repository } = rig;
      await repository.commitOn('plan/A', 'by hand', { 'hand.txt': 'h\n' });
      await rig.orchestration({ A: [{ '1.1': write('a.txt') }] });
      expect(await rig.run()).toMatchObject({ code: 0 });
      await repository.git(['checkout', '--quiet', '--detach'], { cwd: rig.worktree('A') });
      const mine = join(repository.folder, 'mine');
      await repository.git(['worktree', 'add', '--quiet', mine, 'plan/A']);
      const tip = await repository.resolve('plan/A');
      const undone = await rig.command(['undo', '--branches']);
      expect(undone.stdout + undone.stderr).toContain(mine);
      expect(await repository.resolve('plan/A')).toBe(tip);
      expect(await repository.git(['status', '--porcelain'], { cwd: mine })).toBe('');
    }),
  );
});

describe('plan salvage', () => {
  test(
    'lists, shows and restores what an attempt that was killed with its orchestrator left',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }] });
      const { child, ended } = rig.start();
      const task = await rig.task('A.1.1');
      await task.write({ 'own.txt': 'own\n' });
      await task.commit('own');
      await task.write({ 'dirty.txt': 'dirty\n' });
      child.kill('SIGKILL');
      await ended;
      const again = rig.start();
      await (await rig.task('A.1.1')).exit(1);
      expect(await again.ended).toMatchObject({ code: 1 });
      const listed = await rig.command(['salvage', 'list', '--json']);
      expect((JSON.parse(listed.stdout) as { salvage: { name: string }[] }).salvage.map(({ name }) => name)).toEqual(['A.1.1/1']);
      expect((await rig.command(['salvage', 'show', 'A.1.1/1'])).stdout).toContain('+dirty');
      expect(await rig.command(['salvage', 'restore', 'A.1.1/1', 'again'])).toMatchObject({ code: 0 });
      expect(await rig.repository.history('again')).toMatch(/^start\nown\n/);
      expect(await rig.repository.fileAt('again', 'dirty.txt')).toBe('dirty\n');
    }),
  );

  test(
    'a task that a person skips while it runs: what it made until then is kept',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell, '1.2': write('b.txt') }] });
      const { ended } = rig.start();
      const task = await rig.task('A.1.1');
      await task.write({ 'half.txt': 'half\n' });
      expect(await rig.command(['skip', 'A.1.1'])).toMatchObject({ code: 0 });
      expect(await ended).toMatchObject({ code: 0 });
      expect(await rig.repository.tree('main')).not.toContain('half.txt');
      const [ref = ''] = (await rig.repository.refs('refs/plan-runs/')).split('\n').filter((line) => line.includes('/salvage/A.1.1/1'));
      expect(await rig.repository.fileAt(ref.split(' ')[0] ?? '', 'half.txt')).toBe('half\n');
    }),
  );
});

describe('plan clean', () => {
  test(
    'removes nothing that is not proved to be kept: dirty trees, commits of nobody, locked worktrees, branches that did not land',
    faultTest(async (rig) => {
      const { repository } = rig;
      const plans = { A: 'typed', B: 'commit', C: 'locked', D: 'landed', E: 'checked out by a person' };
      await rig.orchestration(Object.fromEntries(Object.keys(plans).map((id) => [id, [{ '1.1': write(`${id}.txt`) }]])), 'landing: { mode: each }\n');
      expect(await rig.run()).toMatchObject({ code: 0 });
      await repository.write({ 'typed.txt': 'mine\n' }, { cwd: rig.worktree('A') });
      await repository.git(['checkout', '--quiet', '--detach'], { cwd: rig.worktree('B') });
      const mine = await repository.commit('mine', { 'mine.txt': 'mine\n' }, { cwd: rig.worktree('B') });
      await repository.git(['worktree', 'lock', '--reason', 'on a stick', rig.worktree('C')]);
      const onC = await repository.commit('later', { 'later.txt': 'later\n' }, { cwd: rig.worktree('C') });

      await repository.git(['checkout', '--quiet', '--detach'], { cwd: rig.worktree('E') });
      const own = join(repository.folder, 'own');
      await repository.git(['worktree', 'add', '--quiet', own, 'plan/E']);

      expect(await rig.command(['clean', '--yes', '--branches', '--refs'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`checked out in ${own}`) });
      expect(await repository.git(['status', '--porcelain'], { cwd: own })).toBe('');
      expect(Object.keys(plans).map((plan) => existsSync(rig.worktree(plan)))).toEqual([true, true, true, false, false]);
      expect(await repository.resolve('plan/A')).toBeDefined();
      expect(await repository.resolve('plan/C')).toBe(onC);
      expect(await repository.resolve('plan/D')).toBeUndefined();
      expect((await repository.git(['rev-parse', 'HEAD'], { cwd: rig.worktree('B') })).trim()).toBe(mine);
      // A second time, with nothing changed, it removes nothing more.
      const again = await rig.command(['clean', '--yes', '--branches', '--refs', '--json']);
      expect((JSON.parse(again.stdout) as { removed: string[] }).removed).toEqual([]);
      expect(await repository.git(['fsck', '--no-dangling'])).toBe('');
    }),
  );
});
