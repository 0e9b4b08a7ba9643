/** Side by side, inside a plan and across plans, with the built program: everything that may run runs, and nothing more. */
import { faultTest } from '../rig/faults.js';
import type { FaultRig } from '../rig/faults.js';
import type { HeldProcess } from '../rig/held-process.js';
import { lines } from '../rig/repository.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Waits until each of these tasks has begun; none of them ends meanwhile. */
async function allOf(rig: FaultRig, nodes: readonly string[]): Promise<HeldProcess[]> {
  return Promise.all(nodes.map((node) => rig.task(node)));
}

async function pass(task: HeldProcess, file: string): Promise<void> {
  await task.write({ [file]: `${file}\n` });
  await task.exit(0);
}

/** The files of each commit of a branch since the start, oldest first. */
async function filesOfCommits({ repository }: FaultRig, branch: string): Promise<string[]> {
  const text = await repository.git(['log', '--reverse', '--format=%x00%s', '--name-status', `main..${branch}`]);
  return text.split('\0').slice(1).map((one) => one.trim().replace(/\n+/g, ' '));
}

describe('side by side', () => {
  test(
    'ten tasks of one plan at once: each commit has its own task and nothing of the others, in order of completion',
    faultTest(async (rig) => {
      const tasks = Object.fromEntries(numbers(10).map((number) => [`1.${number}`, rig.held.shell]));
      await rig.orchestration({ A: [tasks] }, 'limits: { tasks: 10 }\nlanding: { mode: manual }\n');
      const { ended } = rig.start();
      const held = await allOf(rig, numbers(10).map((number) => `A.1.${number}`));
      expect(new Set(held.map(({ hello }) => hello.cwd)).size).toBe(10);
      for (const number of numbers(10).reverse()) await pass(held[number - 1] as HeldProcess, `file-${number}.txt`);
      expect(await ended).toMatchObject({ code: 0 });
      // Two that end at the same moment may come either way round; that each commit is one task's never changes.
      const commits = await filesOfCommits(rig, 'plan/A');
      expect([...commits].sort()).toEqual(numbers(10).map((number) => `Task 1.${number} (A.1.${number}) A\tfile-${number}.txt`).sort());
      await rig.expectSound();
    }),
  );

  test(
    'thirty plans at once, each in a worktree of its own; all land',
    faultTest(async (rig) => {
      const ids = numbers(30).map((number) => `P${number}`);
      await rig.orchestration(Object.fromEntries(ids.map((id) => [id, [{ '1.1': rig.held.shell }]])), 'limits: { tasks: 30 }\n');
      const { ended } = rig.start();
      const held = await allOf(rig, ids.map((id) => `${id}.1.1`));
      expect(held.map(({ hello }) => hello.cwd)).toEqual(ids.map((id) => rig.worktree(id)));
      for (const [index, task] of held.entries()) await pass(task, `${ids[index]}.txt`);
      expect(await ended).toMatchObject({ code: 0 });
      expect(await rig.repository.history('main')).toBe(lines('start', ...ids.map((id) => `Merge plan ${id}: ${id}`)));
      expect((await rig.repository.tree('main')).match(/P\d+\.txt/g)).toHaveLength(30);
      await rig.expectSound();
    }),
  );

  test(
    'an executor that commits, renames, deletes and changes modes beside others: what is its own is all that its commits hold',
    faultTest(async (rig) => {
      await rig.repository.write({ 'old.txt': 'a\nb\nc\nd\n', 'gone.txt': 'gone\n', 'tool.sh': '#!/bin/sh\n' });
      await rig.repository.git(['add', '-A']);
      await rig.repository.git(['commit', '-qm', 'more']);
      await rig.orchestration({ A: [{ '1.1': rig.held.shell, '1.2': rig.held.shell, '1.3': rig.held.shell }] }, 'limits: { tasks: 3 }\nlanding: { mode: manual }\n');
      const { ended } = rig.start();
      const [one, two, three] = (await allOf(rig, ['A.1.1', 'A.1.2', 'A.1.3'])) as [HeldProcess, HeldProcess, HeldProcess];
      await one.run('git', 'mv', 'old.txt', 'new.txt');
      await one.commit('move it');
      await one.run('chmod', '+x', 'tool.sh');
      await two.run('rm', 'gone.txt');
      await two.run('ln', '-s', 'README.md', 'link');
      await three.write({ 'three.txt': '3\n' });
      for (const task of [three, two, one]) await task.exit(0);
      expect(await ended).toMatchObject({ code: 0 });
      const commits = await filesOfCommits(rig, 'plan/A');
      expect([...commits].sort()).toEqual([
        'Task 1.1 (A.1.1) M\ttool.sh',
        'Task 1.2 (A.1.2) D\tgone.txt A\tlink',
        'Task 1.3 (A.1.3) A\tthree.txt',
        'move it R100\told.txt\tnew.txt',
      ]);
      expect(await rig.repository.git(['ls-tree', 'plan/A', '--format=%(objectmode) %(path)', 'tool.sh', 'link', 'new.txt'])).toBe(lines('120000 link', '100644 new.txt', '100755 tool.sh'));
      await rig.expectSound();
    }),
  );

  test(
    'two that change the same line: the second runs again on the new tip, and that is counted',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell, '1.2': rig.held.shell }] }, 'limits: { tasks: 3 }\nlanding: { mode: manual }\n');
      await rig.repository.write({ 'plans/A.md': `${await rig.planText('A')}- [ ] 1.3 Task 1.3 (depends: 1.1)\n  \`\`\`sh\n  ${rig.held.shell}\n  \`\`\`\n` });
      const { ended } = rig.start();
      const [one, two] = (await allOf(rig, ['A.1.1', 'A.1.2'])) as [HeldProcess, HeldProcess];
      await one.write({ 'README.md': 'one\n' });
      await one.exit(0);
      // It waits for the first: when it has begun, that one is committed.
      await (await rig.task('A.1.3')).exit(0);
      await two.write({ 'README.md': 'two\n' });
      await two.exit(0);
      const again = await rig.task('A.1.2');
      expect(await again.read('README.md')).toBe('one\n');
      await again.write({ 'README.md': 'one\ntwo\n' });
      await again.exit(0);
      expect(await ended).toMatchObject({ code: 0 });
      expect(await rig.repository.fileAt('plan/A', 'README.md')).toBe('one\ntwo\n');
      expect((await rig.events()).filter(({ kind }) => kind === 'attempt.started')).toHaveLength(4);
      await rig.expectSound();
    }),
  );
});

describe('each stage switched off', () => {
  /** What runs at once at the start, with everything that could; then all is released to the end. */
  const atOnce = async (rig: FaultRig, features: string, first: readonly string[]): Promise<void> => {
    await rig.orchestration(
      { A: [{ '1.1': rig.held.shell, '1.2': rig.held.shell }], B: [{ '1.1': rig.held.shell }] },
      `limits: { tasks: 4 }\nfeatures: { ${features} }\n`,
    );
    const { ended } = rig.start();
    const begun = await allOf(rig, first);
    const rest = ['A.1.1', 'A.1.2', 'B.1.1'].filter((node) => !first.includes(node));
    // Whoever may not run yet has not begun although others have been running all the while.
    expect(rig.held.untaken).toEqual([]);
    for (const [index, task] of begun.entries()) await pass(task, `${first[index]}.txt`);
    for (const node of rest) await pass(await rig.task(node), `${node}.txt`);
    expect(await ended).toMatchObject({ code: 0 });
    expect((await rig.repository.tree('main')).match(/[AB]\.1\.\d\.txt/g)).toHaveLength(3);
    await rig.expectSound();
  };

  test.each<[string, readonly string[]]>([
    ['radar: false', ['A.1.1', 'A.1.2', 'B.1.1']],
    ['parallelTasks: false', ['A.1.1', 'B.1.1']],
    ['gitWorktrees: false', ['A.1.1']],
    ['multiPlanOrchestration: false', ['A.1.1', 'A.1.2']],
    ['multiPlanOrchestration: false, parallelTasks: false, pipelinePhaseOverlap: false, backgroundVerify: false, adaptiveLimits: false, radar: false, speculation: false, taskDependencyGraph: false, autoFileConflictDetection: false', ['A.1.1']],
  ])('%s', (features, first) => faultTest((rig) => atOnce(rig, features, first))());
});
