/** The door to git: what reaches it, how it ends, how it is stopped. */
import { join } from 'node:path';
import { localEnvironmentNames, withoutLocalVariables } from '../../src/git/environment.js';
import { kindOf } from '../../src/git/git-error.js';
import { git, tryGit } from '../../src/git/git.js';
import { openRepository } from '../../src/git/repository.js';
import { moveRef, pinRef } from '../../src/git/refs.js';
import { lines, rigTest } from '../rig/repository.js';
import { open } from './open.js';

describe('environment', () => {
  test(
    'knows every variable that git calls local',
    rigTest(async ({ rig }) => {
      const said = (await rig.git(['rev-parse', '--local-env-vars'])).split('\n');
      expect(said.filter((name) => !localEnvironmentNames.includes(name))).toEqual([]);
    }),
  );

  test('nothing inherited points git elsewhere', () => {
    expect(
      withoutLocalVariables({
        GIT_DIR: 'x',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'a',
        GIT_CONFIG_VALUE_0: 'b',
        GIT_COMMITTER_DATE: '1',
        HOME: 'h',
        GIT_SSH_COMMAND: 's',
        GONE: undefined,
      }),
    ).toEqual({ HOME: 'h', GIT_SSH_COMMAND: 's' });
  });
});

describe('the door', () => {
  test(
    'stops what is aborted, too slow or too talkative, with all that it started',
    rigTest(async ({ rig }) => {
      const place = { cwd: rig.top, environment: rig.environment };
      const slow = ['-c', 'alias.slow=!sleep 1000 & sleep 1000', 'slow'];
      const abort = new AbortController();
      const running = tryGit(slow, { ...place, signal: abort.signal });
      abort.abort();
      await expect(running).rejects.toMatchObject({ kind: 'killed' });
      await expect(tryGit(slow, { ...place, timeout: 20 })).rejects.toMatchObject({ kind: 'timeout' });
      await expect(tryGit(['-c', 'alias.talk=!yes', 'talk'], { ...place, outputLimit: 1000 })).rejects.toMatchObject({
        kind: 'too-much-output',
      });
      expect(await rig.processesLeft()).toEqual([]);
    }),
  );

  test(
    'a Ctrl-C in the terminal does not reach it',
    rigTest(async ({ rig }) => {
      const place = { cwd: rig.top, environment: rig.environment };
      const group = await git(['-c', 'alias.group=!ps -o pgid= -p $$', 'group'], place);
      expect(Number(group)).not.toBe(process.pid);
      expect(group.trim()).not.toBe((await rig.run('ps', ['-o', 'pgid=', '-p', String(process.pid)])).stdout.trim());
    }),
  );

  test(
    'tries again what goes away by itself',
    rigTest(async ({ rig }) => {
      const place = { cwd: rig.top, environment: rig.environment };
      await rig.write({ '.git/config.lock': '' });
      const blocked = await tryGit(['config', 'a.b', 'c'], place);
      expect(kindOf(blocked.stderr)).toBe('lock-held');
      const later = tryGit(['config', 'a.b', 'c'], { ...place, retries: 8 });
      await rig.write({ '.git/config.lock': null });
      expect((await later).code).toBe(0);
    }),
  );
});

describe('opening a repository', () => {
  test(
    'from a subfolder, a linked worktree, with an inherited GIT_DIR',
    rigTest(async ({ rig }) => {
      await rig.write({ 'a/b/c': '' });
      await rig.git(['worktree', 'add', '-q', '../linked']);
      for (const [folder, worktree] of [
        ['a/b', rig.top],
        ['../linked', join(rig.folder, 'linked')],
      ] as const) {
        const opened = await openRepository(join(rig.top, folder), { ...rig.environment, GIT_DIR: '/nowhere' });
        expect(opened).toMatchObject({ ok: true, value: { commonDir: join(rig.top, '.git'), worktree, main: rig.top, bare: false } });
      }
    }),
  );

  test(
    'bare, and from a worktree of it',
    rigTest(
      async ({ rig }) => {
        expect(await openRepository(rig.top, rig.environment)).toMatchObject({
          ok: true,
          value: { commonDir: rig.top, worktree: undefined, main: undefined, bare: true },
        });
        await rig.git(['worktree', 'add', '-q', '../linked', 'main']);
        expect(await openRepository(join(rig.folder, 'linked'), rig.environment)).toMatchObject({
          ok: true,
          value: { commonDir: rig.top, main: undefined, bare: true },
        });
      },
      { bare: true },
    ),
  );

  test(
    'none there, or not ours to trust',
    rigTest(async ({ rig }) => {
      expect(await openRepository(rig.home, rig.environment)).toMatchObject({ ok: false, error: { code: 'no-repository' } });
      expect(await openRepository(join(rig.folder, 'nowhere'), rig.environment)).toMatchObject({ ok: false, error: { code: 'no-git' } });
      expect(await openRepository(rig.top, { ...rig.environment, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' })).toMatchObject({
        ok: false,
        error: { code: 'repository-not-trusted' },
      });
    }),
  );
});

describe('refs', () => {
  test(
    'move from the value that was seen, and from no other',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const [one, two] = [await rig.commitOn('x', 'one', { a: '1' }), await rig.commitOn('y', 'two', { a: '2' })];
      const ref = 'refs/heads/feature/z';
      expect(await moveRef(repository, ref, null, one)).toEqual({ ok: true, value: undefined });
      expect(await moveRef(repository, ref, null, two)).toEqual({ ok: false, error: { found: one } });
      expect(await moveRef(repository, ref, two, two)).toEqual({ ok: false, error: { found: one } });
      expect(await moveRef(repository, ref, one, two)).toEqual({ ok: true, value: undefined });
      expect(await moveRef(repository, ref, one, two)).toEqual({ ok: true, value: undefined });
      expect(await moveRef(repository, ref, two, null)).toEqual({ ok: true, value: undefined });
      expect(await moveRef(repository, ref, two, one)).toEqual({ ok: false, error: { found: null } });
      await pinRef(repository, 'refs/plan-runs/r/x', one);
      await pinRef(repository, 'refs/plan-runs/r/x', one);
      await expect(pinRef(repository, 'refs/plan-runs/r/x', two)).rejects.toThrow('pinned already');
      repository.close();
    }),
  );

  test(
    'eight writers lose nothing',
    rigTest(async ({ rig }) => {
      const ids = [await rig.git(['rev-parse', 'main'])];
      const tree = await rig.treeId('main');
      for (let count = 0; count < 24; count += 1)
        ids.push(await rig.git(['commit-tree', tree, '-p', ids.at(-1) ?? '', '-m', String(count)]));
      const ref = 'refs/heads/counter';
      await rig.git(['update-ref', ref, ids[0] ?? '']);
      const next = new Map(ids.map((id, index) => [id, ids[index + 1]]));
      let moves = 0;
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const repository = await open(rig);
          for (let at = await repository.objects.commitId(ref); at !== undefined;) {
            const to = next.get(at);
            if (to === undefined) break;
            const outcome = await repository.mover.move(ref, at, to, repository.nullId);
            if (outcome === 'moved') moves += 1;
            at = await repository.objects.commitId(ref);
          }
          repository.close();
        }),
      );
      expect(moves).toBe(24);
      expect(await rig.resolve(ref)).toBe(ids.at(-1));
    }),
  );

  test(
    'sessions that are killed are started anew',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const main = (await repository.objects.commitId('refs/heads/main')) ?? '';
      await moveRef(repository, 'refs/heads/a', null, main);
      for (const pid of await rig.processesLeft()) process.kill(pid, 'SIGKILL');
      expect(await repository.objects.commitId('refs/heads/main')).toBe(main);
      for (const pid of await rig.processesLeft()) process.kill(pid, 'SIGKILL');
      expect(await moveRef(repository, 'refs/heads/b', null, main)).toEqual({ ok: true, value: undefined });
      expect(await rig.refs('refs/heads/')).toBe(lines(...['a', 'b', 'main'].map((name) => `refs/heads/${name} ${main}`)));
      repository.close();
    }),
  );

  test(
    'what is no name is no ref, and harms nothing',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      for (const name of ['--help', '-x', 'HEAD\nHEAD', '', 'refs/heads/\0main', 'main..main', 'a'.repeat(5000), 'no such']) {
        expect(await repository.objects.commitId(name)).toBeUndefined();
        expect(await repository.objects.commitId('main')).toBeDefined();
      }
      repository.close();
    }),
  );
});
