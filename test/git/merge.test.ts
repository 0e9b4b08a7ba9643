/** Merges in memory give the trees that git gives in a checkout. */
import { commitMessage, commitTree } from '../../src/git/commit.js';
import { mergeInto, mergeTrees } from '../../src/git/merge.js';
import { replayCommit } from '../../src/git/replay.js';
import type { Repository } from '../../src/git/repository.js';
import { rigTest } from '../rig/repository.js';
import type { RepositoryRig } from '../rig/repository.js';
import { open } from './open.js';

const message = { subject: 'Merge', trailers: [['Plan-Run', 'r1']] } as const;

async function checkoutMerge(rig: RepositoryRig, ours: string, theirs: string): Promise<string> {
  await rig.git(['checkout', '--quiet', '--detach', ours]);
  await rig.git(['merge', '--quiet', '--no-ff', '-m', 'm', theirs]);
  return rig.treeId('HEAD');
}

describe('merging in memory', () => {
  test(
    'gives the tree of git merge, and says which files conflict',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const a = await rig.commitOn('a', 'a', { 'a.txt': 'a\n', 'README.md': 'start\na\n' });
      const b = await rig.commitOn('b', 'b', { 'b.txt': 'b\n' });
      const c = await rig.commitOn('c', 'c', { 'README.md': 'start\nc\n', 'ünï "x".txt': 'c\n' });
      const merged = await mergeTrees(repository, a, b);
      expect(merged).toEqual({ ok: true, value: { tree: await checkoutMerge(rig, a, b) } });
      const conflict = await mergeTrees(repository, a, c);
      expect(conflict).toMatchObject({
        ok: false,
        error: { files: ['README.md'], messages: ['CONFLICT (content): Merge conflict in README.md'] },
      });
      repository.close();
    }),
  );

  test(
    'work that was squashed on one side, and went on on the other, is known to both',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const start = await rig.commitOn('main', 'start', { 'a.txt': 'one\ntwo\nthree\n' });
      const branch = await rig.commitOn('b', 'b', { 'a.txt': 'one\ntwo of b\nthree\n' }, start);
      const again = await rig.commitOn('b', 'done again', { 'a.txt': 'one\ntwo of b, again\nthree\n' });
      const unsaid = await rig.commitOn('unsaid', 'b: squashed', { 'a.txt': 'one\ntwo of b\nthree\n', 'c.txt': 'c\n' }, start);
      const squashed = await commitTree(repository, { tree: await rig.treeId(unsaid), parents: [start], message: `b: squashed\n\nPlan-Head: ${branch}\n` });
      expect(await mergeInto(repository, unsaid, [{ name: 'B', commit: again }], message)).toMatchObject({ ok: false, error: { files: ['a.txt'] } });
      for (const [ours, theirs] of [[squashed, again], [again, squashed]] as const) {
        const merged = await mergeInto(repository, ours, [{ name: 'B', commit: theirs }], message);
        if (!merged.ok) throw new Error('in conflict');
        expect((await repository.objects.commit(merged.value))?.parents).toEqual([ours, theirs]);
        expect([await rig.fileAt(merged.value, 'a.txt'), await rig.fileAt(merged.value, 'c.txt')]).toEqual(['one\ntwo of b, again\nthree\n', 'c\n']);
      }
      repository.close();
    }),
  );

  test(
    'histories without a common commit are a conflict without files',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const main = await rig.git(['rev-parse', 'main']);
      const foreign = await commitTree(repository, { tree: await rig.treeId('main'), parents: [], message: 'foreign\n' });
      expect(await mergeTrees(repository, main, foreign)).toMatchObject({ ok: false, error: { files: [] } });
      repository.close();
    }),
  );

  test(
    'uses the attributes of our side, not those of any checkout',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const base = await rig.commit('log', { 'docs/log.md': 'one\n', 'docs/.gitattributes': 'log.md merge=union\n' });
      const a = await rig.commitOn('a', 'a', { 'docs/log.md': 'one\na\n' }, base);
      const b = await rig.commitOn('b', 'b', { 'docs/log.md': 'one\nb\n' }, base);
      const plain = await rig.commitOn('plain', 'no union', { 'docs/.gitattributes': null, 'docs/log.md': 'one\np\n' }, base);
      await rig.git(['checkout', '--quiet', '--detach', `${base}~1`]);
      const merged = await mergeTrees(repository, a, b);
      expect(merged).toEqual({ ok: true, value: { tree: await checkoutMerge(rig, a, b) } });
      expect(await mergeTrees(repository, plain, b)).toMatchObject({ ok: false, error: { files: ['docs/log.md'] } });
      await rig.git(['checkout', '--quiet', '--detach', plain]);
      expect((await rig.tryGit(['merge', '-m', 'm', b])).code).toBe(1);
      repository.close();
    }),
  );

  test(
    'merges several, leaves out what is contained, and keeps a merge commit for each',
    rigTest(async ({ rig }) => {
      const repository = await open(rig);
      const main = await rig.git(['rev-parse', 'main']);
      const a1 = await rig.commitOn('a', 'a1', { 'a.txt': '1\n' });
      const a2 = await rig.commitOn('a', 'a2', { 'a.txt': '2\n' });
      const b = await rig.commitOn('b', 'b', { 'b.txt': 'b\n' });
      const merged = await mergeInto(
        repository,
        main,
        [
          { name: 'A.phase1', commit: a1 },
          { name: 'A', commit: a2 },
          { name: 'B', commit: b },
          { name: 'main', commit: main },
        ],
        message,
      );
      expect(merged.ok).toBe(true);
      const commit = merged.ok ? merged.value : '';
      expect(await rig.history(commit)).toBe('start\nMerge (A)\nMerge (B)');
      expect(await rig.git(['log', '-1', '--format=%(trailers)', commit])).toBe('Plan-Run: r1\n');
      expect(
        await mergeInto(
          repository,
          commit,
          [
            { name: 'A', commit: a1 },
            { name: 'B', commit: b },
          ],
          message,
        ),
      ).toEqual({ ok: true, value: commit });
      const conflicting = await rig.commitOn('x', 'x', { 'a.txt': 'x\n' });
      expect(await mergeInto(repository, commit, [{ name: 'X', commit: conflicting }], message)).toEqual({
        ok: false,
        error: { name: 'X', commit: conflicting, files: ['a.txt'] },
      });
      repository.close();
    }),
  );
});

describe('replaying a commit', () => {
  test.each([
    ['as git is', undefined],
    ['without --merge-base', [2, 39] as const],
    ['with --merge-base', [2, 40] as const],
  ])('gives what cherry-pick gives: %s', async (_name, version) => {
    await rigTest(async ({ rig }) => {
      const repository = await open(rig);
      if (version?.[1] === 40 && !repository.atLeast(2, 40)) return;
      const used: Repository = version === undefined ? repository : Object.assign(await open(rig), { version });
      const tip = await rig.commitOn('tip', 'tip', { 'b.txt': 'tip\n', 'README.md': null, 'moved.md': 'start\n' });
      await rig.git(['checkout', '--quiet', '-b', 'x', 'main']);
      await rig.write({ 'README.md': 'start\nmore\n', 'run.sh': { executable: '#!/bin/sh\n' } });
      await rig.git(['add', '--all']);
      await rig.git(['commit', '--quiet', '-m', 'x\n\nbody\n', '--author', 'Ä Other <o@example.com>', '--date', '@1600000000 +0530']);
      const x = await repository.objects.commit('x');
      const replayed = await replayCommit(used, x ?? never(), tip);
      expect(replayed).toMatchObject({ ok: true, value: { dropped: false } });
      const commit = replayed.ok ? replayed.value.commit : '';
      await rig.git(['checkout', '--quiet', '--detach', tip]);
      await rig.git(['cherry-pick', 'x']);
      expect(await rig.treeId(commit)).toBe(await rig.treeId('HEAD'));
      const facts = '--format=%P%n%an%n%ae%n%ad%n%B';
      expect(await rig.git(['log', '-1', facts, commit])).toBe(await rig.git(['log', '-1', facts, 'HEAD']));
      expect(await replayCommit(used, x ?? never(), commit)).toEqual({ ok: true, value: { commit, dropped: true } });
      used.close();
      repository.close();
    })();
  });
});

describe('commit messages', () => {
  test.each([
    ['# not a comment', '', '# not a comment\n\nPlan-Run: r\n'],
    ['two\nlines\u001b[31m', 'body\r\n\r\nFoo: bar\n\n', 'two lines[31m\n\nbody\n\nFoo: bar\n\nPlan-Run: r\n'],
    ['', '\0', 'Untitled\n\nPlan-Run: r\n'],
    ['x\ud800', '', 'x\ufffd\n\nPlan-Run: r\n'],
  ])('%j', (subject, body, expected) => {
    expect(commitMessage(subject, body, [['Plan-Run', 'r\nPlan-Task: forged']]).replace('r Plan-Task: forged', 'r')).toBe(expected);
  });
});

function never(): never {
  throw new Error('no such commit');
}
