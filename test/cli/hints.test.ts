import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { planText } from '../rig/plan.js';
import { RepositoryRig } from '../rig/repository.js';
import { call } from './call.js';

/** Commands that are printed can be pasted from where the user stands, whatever the manifest is called. */
describe('what to type next', () => {
  const manifest = "../it's ours/night 1.yml";
  const quoted = "'../it'\\''s ours/night 1.yml'";
  let rig: RepositoryRig;
  const here = (words: readonly string[], columns = 100): ReturnType<typeof call> => call(rig, words, { folder: join(rig.top, 'sub'), columns });
  beforeAll(async () => {
    rig = await RepositoryRig.create({
      files: {
        "it's ours/night 1.yml": 'version: 1\nplans:\n  A: { plan: a.md }\n',
        "it's ours/other.yml": 'version: 1\nplans:\n  B: { plan: a.md }\n',
        "it's ours/a.md": planText('A', [{ '1.1': 'test -e ../../../ready' }]),
        'sub/x': '',
      },
    });
    expect(await here(['orchestrate-multi', manifest])).toMatchObject({ code: 1 });
  });
  afterAll(() => rig.cleanup());

  test('a request for a run that rests names the command that goes on with it, and the command does', async () => {
    const { stdout } = await here(['retry', 'A.1.1']);
    const command = `plan orchestrate-multi ${quoted}`;
    expect(stdout).toBe(`retry A.1.1: taken up when the run goes on: ${command}\n`);
    const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`]).toString().split('\0').slice(1, -1);
    expect((await here(words)).stdout).toContain('A.1.1  started again (attempt 2)');
  });

  test.each<readonly [string, readonly string[], string]>([
    ['a dry run', ['orchestrate-multi', manifest, '--dry-run'], `what \`plan orchestrate-multi ${quoted}\` would do`],
    ['replan of a manifest that has no run', ['replan', "../it's ours/other.yml"], "begin one with: plan orchestrate-multi '../it'\\''s ours/other.yml'"],
    ['init', ['init', 'my plan.yml'], "plan check 'my plan.yml'"],
  ])('%s', async (_, words, expected) => {
    const { stdout, stderr } = await here(words);
    expect(stdout + stderr).toContain(expected);
  });

  test('what changed since the run began', async () => {
    await rig.write({ "it's ours/a.md": planText('A', [{ '1.1': 'test -e ../../../ready', '1.2': 'true' }]) });
    expect((await here(['orchestrate-multi', manifest])).stderr).toContain(`hint: plan replan ${quoted}\n`);
    expect((await here(['replan'])).stdout).toContain(`take it up with: plan replan ${quoted} --yes`);
    expect((await here(['replan', '--yes'])).stdout).toContain(`go on with: plan orchestrate-multi ${quoted}`);
  });

  test.each([60, 80])('the lines of `clean` and of the report fit %i columns where words can be broken', async (columns) => {
    const clean = (await here(['clean', '--branches', '--refs'], columns)).stdout;
    for (const line of clean.split('\n').filter((one) => !one.startsWith('  '))) expect(line.length).toBeLessThanOrEqual(columns);
    expect(clean).toContain('\n  ../../repository.worktrees/night 1/A\n');
    if (columns === 80) for (const line of (await here(['report'], columns)).stdout.split('\n').filter((one) => !one.startsWith('|'))) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('commands that are offered repeat -C', async () => {
    const above = (words: readonly string[]): ReturnType<typeof call> => call(rig, ['-C', "it's ours", ...words], { folder: rig.top });
    expect((await above(['status'])).stdout).toContain("→ plan -C 'it'\\''s ours' logs A.1.1   then   plan -C 'it'\\''s ours' retry A.1.1");
    expect((await above(['logs', 'A.1.2'])).stderr).not.toContain('`plan status');
    expect((await call(rig, ['-C', '.', 'replan', 'sub'], { folder: rig.top })).stderr).not.toMatch(/`plan (?!-C)/);
  });

  test('a repository without a run says how one begins', async () => {
    const empty = await RepositoryRig.create();
    for (const words of [['replan'], ['status'], ['retry', 'A.1']]) expect((await call(empty, words)).stderr).toContain('hint: begin with `plan orchestrate-multi <manifest>`');
    await empty.cleanup();
  });
});
