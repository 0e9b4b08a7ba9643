/** The main job on real repositories with the built program: what a team lead would try first, and what would go wrong at night. */
import { lines } from '../rig/repository.js';
import { planTest, planText } from '../rig/plan.js';

const manifest = (plans: string, rest = ''): string => `version: 1\ntarget: main\n${rest}plans:\n${plans}`;
const write = (path: string, text: string): string => `mkdir -p "$(dirname ${path})" && echo '${text}' > ${path}`;

const founding = manifest(`  A: { plan: a.md, branch: feature/auth, priority: high }
  B: { plan: b.md, priority: low, depends: [A.phase2] }
  C: { plan: c.md, priority: medium }
`);
const foundingPlans = {
  a: planText('Auth', [{ '1.1': write('src/auth.txt', 'one') }, { '2.1': write('src/session.txt', 'two') }, { '3.1': write('src/audit.txt', 'three') }]),
  b: planText('UI', [{ '1.1': `test -f src/session.txt\n${write('src/ui.txt', 'ui')}` }]),
  c: planText('Docs', [{ '1.1': write('docs/guide.txt', 'guide') }]),
};

describe('the main job', () => {
  test(
    'the founding example: three plans, merged in order of priority, one commit a task',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(founding, foundingPlans);
      const result = await rig.run();
      expect(result).toMatchObject({ code: 0 });
      expect(await repository.history('main')).toBe(lines('start', 'Merge plan A: Auth', 'Merge plan C: Docs', 'Merge plan B: UI'));
      expect(await repository.tree('main')).toContain('src/ui.txt');
      expect(await repository.history('feature/auth')).toBe(lines('start', 'Task 1.1 (A.1.1)', 'Task 2.1 (A.2.1)', 'Task 3.1 (A.3.1)'));
      const message = await repository.git(['log', '-1', '--format=%(trailers:only)', 'feature/auth']);
      expect(message).toMatch(/Plan-Run: manifest-[0-9a-f]+-1\n/);
      expect(message).toMatch(/Plan-Id: A\nPlan-Task: 3\.1\nPlan-Attempt: manifest-[0-9a-f]+-1 A\.3\.1#1/);
      expect(await repository.git(['status', '--porcelain'])).toBe('');
      expect(await repository.git(['fsck', '--no-dangling'])).toBe('');
      expect(await repository.processesLeft()).toEqual([]);
    }),
  );

  test(
    'the same command again after landing has nothing to do',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(founding, foundingPlans);
      expect((await rig.run()).code).toBe(0);
      const before = await repository.refs();
      const again = await rig.run();
      expect(again.code).toBe(0);
      expect(again.stdout + again.stderr).toMatch(/nothing to do/);
      expect(await repository.refs()).toBe(before);
    }),
  );

  test(
    'a dependent starts on the very commit that ended the phase, although its plan is further',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(founding, foundingPlans);
      await rig.run();
      const phase2 = await repository.git(['log', '-1', '--format=%H', '--grep', 'A.2.1', 'feature/auth']);
      expect(await repository.git(['rev-parse', 'plan/B~1'])).toBe(phase2);
      expect(await repository.fileAt('plan/B', 'src/audit.txt')).toBeUndefined();
    }),
  );

  test(
    'a diamond, and a dependency of a later phase: both are merged in before the phase starts',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(
        manifest(`  A: { plan: a.md }
  B: { plan: b.md, depends: [A] }
  C: { plan: c.md, depends: [A] }
  D: { plan: d.md, depends: [B, C] }
  E: { plan: e.md, phases: { phase2: { depends: [D.phase1] } } }
`),
        {
          a: planText('A', [{ '1.1': write('a.txt', 'a') }]),
          b: planText('B', [{ '1.1': `test -f a.txt\n${write('b.txt', 'b')}` }]),
          c: planText('C', [{ '1.1': `test -f a.txt\n${write('c.txt', 'c')}` }]),
          d: planText('D', [{ '1.1': `test -f b.txt\ntest -f c.txt\n${write('d.txt', 'd')}` }]),
          e: planText('E', [{ '1.1': `test ! -f d.txt\n${write('e1.txt', 'e')}` }, { '2.1': `test -f d.txt\n${write('e2.txt', 'e')}` }]),
        },
      );
      const result = await rig.run();
      expect(result).toMatchObject({ code: 0 });
      expect(await repository.tree('main')).toBe(['.gitignore', 'README.md', 'a.txt', 'b.txt', 'c.txt', 'd.txt', 'e1.txt', 'e2.txt'].map((path) => `100644 ${path}`).join('\n'));
    }),
  );

  test(
    'a failed plan holds everything back, its dependents are blocked, independent plans complete; the same command retries only what failed',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n  B: { plan: b.md, depends: [A] }\n  C: { plan: c.md }\n`), {
        a: planText('A', [{ '1.1': `${write('a1.txt', 'a')}; echo x >> "$HOME/runs-1"` }, { '2.1': `echo half > half.txt\ntest -f "$HOME/mended"\n${write('a2.txt', 'a')}` }]),
        b: planText('B', [{ '1.1': write('b.txt', 'b') }]),
        c: planText('C', [{ '1.1': write('c.txt', 'c') }]),
      });
      const before = await repository.resolve('main');
      const result = await rig.run();
      expect(result.code).toBe(1);
      expect(await repository.resolve('main')).toBe(before);
      expect(await repository.fileAt('plan/C', 'c.txt')).toBe('c\n');
      expect(await repository.resolve('plan/B')).toBeUndefined();
      expect(await repository.refs('refs/plan-runs/')).toContain('/salvage/A.2.1/1');

      await repository.run('sh', ['-c', 'touch "$HOME/mended"']);
      const again = await rig.run();
      expect(again).toMatchObject({ code: 0 });
      expect((await repository.run('sh', ['-c', 'wc -l < "$HOME/runs-1"'])).stdout.trim()).toBe('1');
      expect(await repository.tree('main')).toContain('b.txt');
      expect(await repository.history('plan/A')).toBe(lines('start', 'Task 1.1 (A.1.1)', 'Task 2.1 (A.2.1)'));
    }),
  );

  test(
    'onFailure: land-rest lands the plans that rest on nothing failed',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n  B: { plan: b.md, depends: [A] }\n  C: { plan: c.md }\n`, 'landing: { onFailure: land-rest }\n'), {
        a: planText('A', [{ '1.1': 'exit 7' }]),
        b: planText('B', [{ '1.1': write('b.txt', 'b') }]),
        c: planText('C', [{ '1.1': write('c.txt', 'c') }]),
      });
      expect((await rig.run()).code).toBe(1);
      expect(await repository.fileAt('main', 'c.txt')).toBe('c\n');
      expect(await repository.fileAt('main', 'b.txt')).toBeUndefined();
    }),
  );

  test(
    'a conflict at landing stops with both plans and the file named; resolved on the branch, the same command goes on',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n  B: { plan: b.md }\n`), {
        a: planText('A', [{ '1.1': write('same.txt', 'from A') }]),
        b: planText('B', [{ '1.1': write('same.txt', 'from B') }]),
      });
      const before = await repository.resolve('main');
      const result = await rig.run();
      expect(result.code).toBe(3);
      expect(result.stdout + result.stderr).toMatch(/same\.txt/);
      expect(result.stdout + result.stderr).toMatch(/\bA\b[\s\S]*\bB\b/);
      expect(await repository.resolve('main')).toBe(before);
      expect(await repository.git(['status', '--porcelain'])).toBe('');

      // The person merges the other plan's branch where the plan's worktree stands, and settles the file.
      const worktree = rig.worktree('B');
      await repository.tryGit(['merge', 'plan/A'], { cwd: worktree });
      await repository.commit('resolve', { 'same.txt': 'both\n' }, { cwd: worktree });
      const again = await rig.run();
      expect(again).toMatchObject({ code: 0 });
      expect(await repository.fileAt('main', 'same.txt')).toBe('both\n');
    }),
  );

  test(
    'onConflict: skip leaves the plan out and lands the others',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n  B: { plan: b.md }\n  C: { plan: c.md }\n`, 'landing: { onConflict: skip }\n'), {
        a: planText('A', [{ '1.1': write('same.txt', 'from A') }]),
        b: planText('B', [{ '1.1': write('same.txt', 'from B') }]),
        c: planText('C', [{ '1.1': write('c.txt', 'c') }]),
      });
      expect((await rig.run()).code).toBe(1);
      expect(await repository.fileAt('main', 'same.txt')).toBe('from A\n');
      expect(await repository.fileAt('main', 'c.txt')).toBe('c\n');
    }),
  );

  test(
    'a dirty checkout of the target stays byte-identical; files that the landing does not touch do not hold it up',
    planTest(
      async ({ rig, repository }) => {
        await repository.write({ 'edited.txt': 'my edit\n', 'untracked.txt': 'mine\n' });
        await repository.git(['add', 'edited.txt']);
        await repository.write({ 'edited.txt': 'my edit, further\n' });
        await rig.orchestration(manifest(`  A: { plan: a.md }\n`), { a: planText('A', [{ '1.1': write('a.txt', 'a') }]) });
        const status = await repository.git(['status', '--porcelain']);
        expect((await rig.run()).code).toBe(0);
        expect(await repository.git(['status', '--porcelain'])).toBe(status);
        expect((await repository.run('cat', ['edited.txt', 'untracked.txt', 'a.txt'])).stdout).toBe('my edit, further\nmine\na\n');
      },
      { 'edited.txt': 'start\n' },
    ),
  );

  test(
    'a dirty file that the landing would touch stops it with a sentence; cleaned, the same command lands',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n`), { a: planText('A', [{ '1.1': write('README.md', 'from A') }]) });
      await repository.write({ 'README.md': 'my unsaved work\n' });
      const before = await repository.resolve('main');
      const result = await rig.run();
      expect(result.code).toBe(3);
      expect(result.stdout + result.stderr).toMatch(/README\.md/);
      expect(await repository.resolve('main')).toBe(before);
      expect((await repository.run('cat', ['README.md'])).stdout).toBe('my unsaved work\n');
      await repository.git(['checkout', '--', 'README.md']);
      expect((await rig.run()).code).toBe(0);
      expect((await repository.run('cat', ['README.md'])).stdout).toBe('from A\n');
    }),
  );

  test(
    'a target that somebody else moved during the run: their commit stays, ours comes on top',
    planTest(async ({ rig, repository }) => {
      await repository.git(['checkout', '-q', '-b', 'elsewhere']);
      await rig.orchestration(manifest(`  A: { plan: a.md }\n`), {
        a: planText('A', [{ '1.1': `git update-ref refs/heads/main $(git commit-tree HEAD^{tree} -p main -m theirs)\n${write('a.txt', 'a')}` }]),
      });
      expect((await rig.run()).code).toBe(0);
      expect(await repository.history('main')).toBe(lines('start', 'theirs', 'Merge plan A: A'));
    }),
  );

  test(
    'A.landed: the dependent starts from the target that holds A',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n  B: { plan: b.md, depends: [A.landed] }\n`, 'landing: { mode: each }\n'), {
        a: planText('A', [{ '1.1': write('a.txt', 'a') }]),
        b: planText('B', [{ '1.1': `test -f a.txt\ngit merge-base --is-ancestor main HEAD\n${write('b.txt', 'b')}` }]),
      });
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await repository.tree('main')).toContain('b.txt');
    }),
  );

  test(
    'a branch that exists with commits of its own is adopted, with the target merged in',
    planTest(async ({ rig, repository }) => {
      await repository.commitOn('plan/A', 'earlier work', { 'early.txt': 'early\n' });
      await repository.commit('the target moves on', { 'later.txt': 'later\n' });
      await rig.orchestration(manifest(`  A: { plan: a.md }\n`), { a: planText('A', [{ '1.1': `test -f early.txt\ntest -f later.txt\n${write('a.txt', 'a')}` }]) });
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await repository.tree('main')).toContain('early.txt');
      expect(await repository.git(['log', '--format=%s', 'main'])).toContain('earlier work');
    }),
  );

  test(
    'an executor that commits by itself keeps its commits; what it left in the tree becomes the last one',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n`), {
        a: planText('A', [{ '1.1': `echo 1 > own.txt\ngit add own.txt\ngit commit -qm "my own commit"\necho 2 > left.txt` }]),
      });
      expect((await rig.run()).code).toBe(0);
      expect(await repository.history('plan/A')).toBe(lines('start', 'my own commit', 'Task 1.1 (A.1.1)'));
    }),
  );

  test(
    'an executor that rewrites history below its start fails, and its work is kept by a ref',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n`), {
        a: planText('A', [{ '1.1': `echo 1 > own.txt\ngit add own.txt\ngit commit -q --amend -m "rewritten"` }]),
      });
      const before = await repository.resolve('main');
      const result = await rig.run();
      expect(result.code).toBe(1);
      expect(await repository.resolve('main')).toBe(before);
      expect(await repository.refs('refs/plan-runs/')).toContain('/salvage/A.1.1/1');
      expect(await repository.history('plan/A')).toBe('start');
    }),
  );

  test(
    'a task that changes nothing passes without a commit, and that is said',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n`), { a: planText('A', [{ '1.1': 'true', '1.2': write('a.txt', 'a') }]) });
      const result = await rig.run();
      expect(result.code).toBe(0);
      expect(result.stdout).toMatch(/1\.1.*nothing to commit/);
      expect(await repository.history('plan/A')).toBe(lines('start', 'Task 1.2 (A.1.2)'));
    }),
  );

  test(
    'verify: a red candidate lands nothing and names the plan',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n  B: { plan: b.md }\n`, 'defaults: { verify: "test ! -f bad.txt" }\n'), {
        a: planText('A', [{ '1.1': write('a.txt', 'a') }]),
        b: planText('B', [{ '1.1': write('bad.txt', 'bad') }]),
      });
      const before = await repository.resolve('main');
      const result = await rig.run();
      expect(result.code).toBe(1);
      expect(result.stdout + result.stderr).toMatch(/\bB\b.*verif|verif.*\bB\b/i);
      expect(await repository.resolve('main')).toBe(before);
    }),
  );

  test(
    'titles never reach a shell as code',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(`  A: { plan: a.md }\n`), {
        a: '# A\n\n## Phase 1: One\n\n- [ ] 1.1 Bad `$(touch $HOME/owned)` "; touch $HOME/owned; \'\n  ```sh\n  printf "%s" "$PLAN_TASK_TITLE" > title.txt\n  ```\n',
      });
      expect((await rig.run()).code).toBe(0);
      expect((await repository.run('sh', ['-c', 'test ! -e "$HOME/owned"'])).code).toBe(0);
      expect(await repository.fileAt('main', 'title.txt')).toContain('touch $HOME/owned');
    }),
  );
});
