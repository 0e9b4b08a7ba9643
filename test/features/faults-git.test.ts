/** Somebody else's hands in the repository while a run goes on: what is theirs is respected, what is ours comes through or says why not. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultTest } from '../rig/faults.js';

const write = (path: string): string => `echo '${path} is whole' > ${path}`;

describe('lock files that nobody holds', () => {
  test(
    "in the plan's worktree: removed, since no git is at work there; the task is committed",
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }, { '2.1': write('b.txt') }] });
      const { ended } = rig.start();
      const task = await rig.task('A.1.1');
      await task.write({ 'a.txt': 'a\n' });
      const gitDir = await rig.repository.git(['rev-parse', '--absolute-git-dir'], { cwd: rig.worktree('A') });
      await writeFile(join(gitDir, 'index.lock'), '');
      await task.exit(0);
      expect(await ended).toMatchObject({ code: 0 });
      expect(await rig.repository.tree('main')).toMatch(/a\.txt\n.* b\.txt$/);
      await rig.expectSound();
    }),
  );

  test(
    "in the user's own checkout: the landing is refused with the file's name, and the same command lands once it is gone",
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': write('a.txt') }] });
      const lock = join(rig.repository.top, '.git', 'index.lock');
      await writeFile(lock, '');
      const refused = await rig.run();
      expect(refused.code).toBe(3);
      expect(refused.stdout + refused.stderr).toContain(join('.git', 'index.lock'));
      expect(await rig.repository.fileAt('main', 'a.txt')).toBeUndefined();
      expect(existsSync(lock)).toBe(true);
      await rm(lock);
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await rig.repository.fileAt('main', 'a.txt')).toBe('a.txt is whole\n');
      await rig.expectSound();
    }),
  );
});

describe('foreign commands while a task runs', () => {
  test(
    'gc --prune=now and worktree prune take nothing that is ours',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell, '1.2': rig.held.shell }, { '2.1': write('c.txt') }], B: [{ '1.1': write('b.txt') }] });
      const { ended } = rig.start();
      const [first, second] = [await rig.task('A.1.1'), await rig.task('A.1.2')];
      await first.write({ 'first.txt': '1\n' });
      await first.commit('own');
      await second.write({ 'second.txt': '2\n' });
      const collect = async () => {
        await rig.repository.git(['gc', '--quiet', '--prune=now']);
        await rig.repository.git(['worktree', 'prune', '--expire=now']);
      };
      await collect();
      await first.exit(0);
      await collect();
      await second.exit(0);
      expect(await ended).toMatchObject({ code: 0 });
      const subjects = (await rig.repository.git(['log', '--no-merges', '--format=%s', 'main'])).split('\n').sort();
      expect(subjects).toEqual(['Task 1.1 (B.1.1)', 'Task 1.2 (A.1.2)', 'Task 2.1 (A.2.1)', 'own', 'start']);
      await rig.expectSound();
    }),
  );

  test(
    'rm -rf of the worktree: the task fails and says so; what it had committed is kept; the same command does it again',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': write('a.txt') }, { '2.1': rig.held.shell }] });
      const { ended } = rig.start();
      const task = await rig.task('A.2.1');
      await task.write({ 'b.txt': 'b\n' });
      await task.commit('half of it');
      const commit = (await task.run('git', 'rev-parse', 'HEAD')).trim();
      await rm(rig.worktree('A'), { recursive: true });
      await task.exit(1);
      expect(await ended).toMatchObject({ code: 1, stdout: expect.stringContaining('its worktree was removed') });
      const kept = await rig.repository.git(['for-each-ref', '--contains', commit, '--format=%(refname)']);
      expect(kept).toMatch(/salvage\/A\.2\.1\/1$/m);

      const again = rig.start();
      const retried = await rig.task('A.2.1');
      await retried.write({ 'b.txt': 'b again\n' });
      await retried.exit(0);
      expect(await again.ended).toMatchObject({ code: 0 });
      expect(await rig.repository.fileAt('main', 'b.txt')).toBe('b again\n');
      expect((await rig.events()).filter(({ kind, node }) => kind === 'task.committed' && node === 'A.1.1')).toHaveLength(1);
      await rig.expectSound();
    }),
  );

  test(
    "a plan's branch forced elsewhere: refused with both commits and the command that puts it back; put back, nothing is lost",
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': write('a.txt') }, { '2.1': rig.held.shell }] });
      const { ended } = rig.start();
      const task = await rig.task('A.2.1');
      await task.write({ 'b.txt': 'b\n' });
      const ours = (await rig.repository.resolve('plan/A')) ?? '';
      const theirs = await rig.repository.commitOn('elsewhere', 'theirs', { 'theirs.txt': 't\n' });
      await rig.repository.git(['update-ref', 'refs/heads/plan/A', theirs]);
      await task.exit(0);
      const refused = await ended;
      expect(refused.code).toBe(3);
      expect(refused.stdout + refused.stderr).toContain(theirs.slice(0, 10));
      expect(await rig.repository.resolve('plan/A')).toBe(theirs);
      const putBack = `git update-ref refs/heads/plan/A ${ours}`;
      expect(refused.stdout + refused.stderr).toContain(putBack);

      await rig.repository.run('sh', ['-c', putBack]);
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await rig.repository.fileAt('main', 'b.txt')).toBe('b\n');
      expect(await rig.repository.fileAt('main', 'theirs.txt')).toBeUndefined();
      expect(await rig.repository.resolve('elsewhere')).toBe(theirs);
      await rig.expectSound();
    }),
  );
});

describe('gits that are killed', () => {
  /** A git before the real one, which dies as often as `dying` has lines, whenever it is asked what an attempt has left. */
  async function dyingGit(top: string, times: number): Promise<Record<string, string>> {
    const folder = join(top, '.git', 'shim');
    await mkdir(folder);
    await writeFile(join(folder, 'dying'), 'x\n'.repeat(times));
    const shim = `#!/bin/sh
PATH=\${PATH#*:}
case "$*" in *status*porcelain=v2*)
  if [ -e a.txt ] && [ -s '${folder}/dying' ]; then sed -i 1d '${folder}/dying'; kill -9 $$; fi
esac
exec git "$@"
`;
    await writeFile(join(folder, 'git'), shim);
    await chmod(join(folder, 'git'), 0o755);
    return { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  }

  test(
    'once, while it looks at what an attempt left: it is asked again, and nobody notices',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': write('a.txt') }] });
      const environment = await dyingGit(rig.repository.top, 1);
      expect(await rig.start(environment).ended).toMatchObject({ code: 0 });
      expect((await rig.events()).filter(({ kind }) => kind === 'attempt.started')).toHaveLength(1);
      await rig.expectSound();
    }),
  );

  test(
    'again and again: the attempt counts as lost, its plan stops, and the next start keeps what it left under its own name',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': `${write('a.txt')}; echo $PLAN_ATTEMPT > number.txt` }] });
      const environment = await dyingGit(rig.repository.top, 2);
      expect(await rig.start(environment).ended).toMatchObject({ code: 3 });
      const ended = (await rig.events()).find(({ kind }) => kind === 'attempt.finished');
      expect(ended?.outcome).toMatchObject({ result: 'lost', reason: 'interrupted' });
      expect(await rig.start(environment).ended).toMatchObject({ code: 0 });
      const kept = (await rig.repository.refs('refs/plan-runs/')).split('\n').find((line) => line.includes('/salvage/A.1.1/1')) ?? '';
      const ref = kept.split(' ').find((word) => word.startsWith('refs/')) ?? '';
      expect(await rig.repository.fileAt(ref, 'number.txt')).toBe('1\n');
      expect(await rig.repository.fileAt('main', 'number.txt')).toBe('2\n');
      await rig.expectSound();
    }),
  );
});
