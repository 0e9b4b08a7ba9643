/** Conflicts that an agent settles: with the built program, and an agent of the test's own. */
import { join } from 'node:path';
import { lines } from '../rig/repository.js';
import { planTest, type PlanRig } from '../rig/plan.js';

/** Does the tasks, and in a conflict what the case says; what it was told stays in `$HOME/prompt`. */
const worker = (settling: string): string => `
case "$PLAN_TASK" in
  conflict) cat > "$HOME/prompt"; git status --short > "$HOME/status"; ${settling} ;;
  *) cat > /dev/null; sed -i "s/^middle$/middle of $PLAN_ID/" text.txt ;;
esac
`;

const both = `printf 'top\\nmiddle of A and B\\nend\\n' > text.txt`;

async function orchestration(rig: PlanRig, settling: string): Promise<void> {
  const script = join(rig.repository.home, 'worker.sh');
  await rig.repository.write({ 'worker.sh': worker(settling) }, { cwd: rig.repository.home });
  const agent = `executor: { agent: ours, options: { description: { command: [sh, ${script}], prompt: stdin, output: text, rules: [] } } }`;
  await rig.orchestration(
    `version: 1\ntarget: main\ndefaults: { ${agent}, retries: 0, verify: "test -f text.txt" }\nplans:\n  A: { plan: a.md }\n  B: { plan: b.md }\nlanding: { onConflict: agent }\n`,
    { a: '# First\n\n> **Goal:** say A\n\n## Phase 1: Words\n\n- [ ] 1.1 Name the middle after A\n', b: '# Second\n\n## Phase 1: Words\n\n- [ ] 1.1 Name the middle after B\n' },
  );
}

const files = { 'text.txt': 'top\nmiddle\nend\n' };

describe('onConflict: agent', () => {
  test(
    'the agent is told both sides and settles it; the result is verified and lands',
    planTest(async ({ rig, repository }) => {
      await orchestration(rig, both);
      const result = await rig.run();
      expect({ ...result, stdout: '' }).toMatchObject({ code: 0 });
      expect(await repository.fileAt('main', 'text.txt')).toBe('top\nmiddle of A and B\nend\n');
      expect(await repository.history('main')).toBe(lines('start', 'Merge plan A: First', 'Merge plan B: Second'));
      const told = (await repository.run('cat', [join(repository.home, 'prompt')])).stdout;
      for (const part of ['plan/A', 'First', 'Name the middle after A (A.1.1) (task 1.1)', 'plan/B', 'Second', 'Name the middle after B (B.1.1) (task 1.1)', '- text.txt']) expect(told).toContain(part);
      expect((await repository.run('cat', [join(repository.home, 'status')])).stdout).toBe('UU text.txt\n');
    }, files),
  );

  test.each([
    { name: 'says that it cannot', settling: 'exit 1' },
    { name: 'leaves markers', settling: 'git add text.txt' },
    { name: 'gives the merge up', settling: 'git merge --abort' },
  ])('an agent that $name leaves it to a person, and nothing moves', async ({ settling }) =>
    planTest(async ({ rig, repository }) => {
      await orchestration(rig, settling);
      const before = await repository.resolve('main');
      const result = await rig.run();
      expect(result).toMatchObject({ code: 3 });
      expect(result.stdout + result.stderr).toMatch(/text\.txt/);
      expect(await repository.resolve('main')).toBe(before);
      expect(await repository.git(['status', '--porcelain'])).toBe('');
    }, files)(),
  );
});

describe('a branch that was there before and does not merge with the target', () => {
  const plans = { a: '# First\n\n## Phase 1: Words\n\n- [ ] 1.1 Add\n  ```sh\n  echo more > more.txt\n  ```\n' };
  const manifest = (landing = ''): string => `version: 1\ntarget: main\nplans:\n  A: { plan: a.md, branch: topic }\n${landing}`;

  test(
    'stop: nothing runs; plan resolve lays it out, and the same command goes on from there',
    planTest(async ({ rig, repository }) => {
      await repository.commitOn('topic', 'topic', { 'text.txt': 'top\nmiddle of the topic\nend\n' });
      await repository.commit('target', { 'text.txt': 'top\nmiddle of the target\nend\n' });
      await rig.orchestration(manifest(), plans);
      expect(await rig.run()).toMatchObject({ code: 3 });
      expect(await repository.history('topic')).toBe(lines('start', 'topic'));
      expect(await rig.plan('resolve', 'A')).toMatchObject({ code: 3, stdout: expect.stringContaining('text.txt') });
      await repository.commit('settled', { 'text.txt': 'top\nmiddle of both\nend\n' }, { cwd: rig.worktree('A') });
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await repository.fileAt('main', 'text.txt')).toBe('top\nmiddle of both\nend\n');
      expect(await repository.fileAt('main', 'more.txt')).toBe('more\n');
    }, files),
  );

  test(
    'theirs: the plan runs on its branch as it is, and the policy settles it when it lands',
    planTest(async ({ rig, repository }) => {
      const topic = await repository.commitOn('topic', 'topic', { 'text.txt': 'top\nmiddle of the topic\nend\n' });
      await repository.commit('target', { 'text.txt': 'top\nmiddle of the target\nend\n' });
      await rig.orchestration(manifest('landing: { onConflict: theirs }\n'), plans);
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await repository.resolve('topic~1')).toBe(topic);
      expect(await repository.fileAt('main', 'text.txt')).toBe('top\nmiddle of the topic\nend\n');
    }, files),
  );
});
