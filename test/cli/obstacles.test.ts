import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownIdentity } from '../../src/base/process-identity.js';
import { lockFolder } from '../../src/journal/layout.js';
import { RepositoryRig } from '../rig/repository.js';
import { call } from './call.js';

/** What a run would stumble over at its first task is said before it touches anything, by `check` and by the run alike. */
describe('in the way of a run', () => {
  let rig: RepositoryRig;
  const manifest = (...settings: readonly string[]): string => ['version: 1', ...settings, 'plans:', '  A: { plan: a.md }', '  B: { plan: a.md }', ''].join('\n');
  beforeAll(async () => {
    rig = await RepositoryRig.create({ files: { 'a.md': '# A\n## Phase 1: X\n- [ ] 1.1 Work\n', '.gitignore': 'm.yml\n.env\n/wt/\n', 'src/a.ts': '' } });
    await rig.write({ '../taken/m/B/file': 'of somebody else', '../empty/m/B': null, '.env': 'x' });
    await mkdir(join(rig.top, '../empty/m/B'), { recursive: true });
  });
  afterAll(() => rig.cleanup());

  const said = async (command: string): Promise<{ code: number; failures: readonly string[] }> => {
    const { code, json } = await call(rig, [command, 'm.yml', '--json']);
    const { failures = [] } = json<{ failures?: readonly { code: string; hint?: string; place?: { file: string; line: number; column: number } }[] }>();
    return { code, failures: failures.map(({ code: name, place, hint }) => `${place?.file}:${place?.line}:${place?.column} ${name}${hint === undefined ? ' without a hint' : ''}`) };
  };

  test.each<readonly [string, string]>([
    ['worktrees: .', 'm.yml:2:24 worktree-in-checkout'],
    ['worktrees: src', 'm.yml:2:24 worktree-in-checkout'],
    ['worktrees: .git', 'm.yml:2:24 worktree-in-git'],
    ['worktrees: .git/x/y', 'm.yml:2:24 worktree-in-git'],
    ['worktrees: .env', 'm.yml:2:24 worktrees-folder'],
    ['worktrees: ../repository/../repository/.env/x', 'm.yml:2:24 worktrees-folder'],
    ['worktrees: /proc/x', 'm.yml:2:24 worktrees-folder'],
    ['worktrees: ../taken', 'm.yml:5:3 worktree-occupied'],
    ['copy: [.env, gone, a.md, ../x]', 'm.yml:2:26 copy-missing'],
  ])('{ %s }', async (setting, expected) => {
    await rig.write({ 'm.yml': manifest(`defaults: { ${setting} }`) });
    const before = await rig.refs();
    const checked = await said('check');
    expect(checked).toMatchObject({ code: 2 });
    expect(checked.failures[0]).toBe(expected);
    expect(checked.failures).toHaveLength(setting.startsWith('copy') ? 3 : 1);
    expect(await said('orchestrate-multi')).toEqual(checked);
    expect(await readdir(join(rig.top, '.git'))).not.toContain('plan');
    expect(await rig.refs()).toBe(before);
  });

  test.each(['worktrees: wt', 'worktrees: ../empty', 'worktrees: ../new/folder', 'copy: [.env]'])('{ %s } is in nobody’s way', async (setting) => {
    await rig.write({ 'm.yml': manifest(`defaults: { ${setting} }`) });
    expect(await said('check')).toEqual({ code: 0, failures: [] });
  });

  test.each(['plan', 'plan/runs', 'plan/locks'])('a file where %s would be', async (name) => {
    await rig.write({ 'm.yml': manifest(), [`.git/${name}`]: 'x' });
    const { code, stdout } = await call(rig, ['orchestrate-multi', 'm.yml', '--json']);
    expect(code).toBe(2);
    expect(stdout).toContain(`\`.git/${name}\` is not a folder`);
    await rm(join(rig.top, '.git/plan'), { recursive: true });
  });

  test('a branch that somebody stands on: with its place, and nothing is made', async () => {
    const other = join(rig.folder, "somebody's place");
    await rig.git(['worktree', 'add', '-q', '-b', 'taken', other]);
    await rig.write({ 'm.yml': 'version: 1\nplans: { A: { plan: a.md, branch: taken } }\n' });
    for (const command of ['check', 'orchestrate-multi']) {
      expect(await said(command)).toEqual({ code: 3, failures: ['m.yml:2:35 branch-checked-out'] });
      expect((await call(rig, [command, 'm.yml'])).stderr).toContain(`hint: git -C '${other.replace("'", "'\\''")}' switch --detach\n`);
    }
    expect(await readdir(join(rig.top, '.git'))).not.toContain('plan');
  });
});

test('a run that stood still does not go on while the run of another manifest has one of its branches', async () => {
  const task = (script: string): string => `# A\n## Phase 1: X\n- [ ] 1.1 Work\n  \`\`\`sh\n  ${script}\n  \`\`\`\n`;
  const rig = await RepositoryRig.create({ files: { 'a.md': task('test -e ready && echo a > a.txt'), 'b.md': task('echo b > b.txt'), '.gitignore': '*.yml\n' } });
  try {
    await rig.write({ 'm.yml': 'version: 1\nplans: { A: { plan: a.md, branch: topic } }\n', 'n.yml': 'version: 1\nplans: { B: { plan: b.md, branch: topic } }\n' });
    expect((await call(rig, ['orchestrate-multi', 'm.yml'])).code).toBe(1);
    expect((await call(rig, ['orchestrate-multi', 'n.yml'])).code).toBe(0);
    // The other one lives: its lock is held by a process that does.
    const lock = join(lockFolder(join(rig.top, '.git'), 'n.yml'), '9.lock');
    await writeFile(lock, JSON.stringify(ownIdentity()));
    const before = await rig.refs();
    const refused = await call(rig, ['orchestrate-multi', 'm.yml', '--json']);
    expect(refused.code).toBe(2);
    expect(refused.json<{ failures: readonly unknown[] }>().failures).toEqual([expect.objectContaining({ code: 'branch-claimed', message: expect.stringContaining('for n.yml') })]);
    expect(await rig.refs()).toBe(before);
    await rm(lock);
    expect((await call(rig, ['orchestrate-multi', 'm.yml'])).code).toBe(1);
  } finally {
    await rig.cleanup();
  }
});
