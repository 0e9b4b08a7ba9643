/** `plan doctor`: each thing that would get in the way is found, with why it matters and what mends it. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { missingLogin } from '../../src/cli/agent-login.js';
import { ownIdentity } from '../../src/base/process-identity.js';
import { rigTest } from '../rig/repository.js';
import type { RepositoryRig } from '../rig/repository.js';
import { call } from './call.js';

interface Finding {
  readonly what: string;
  readonly state: 'good' | 'warning' | 'bad';
  readonly found: string;
  readonly why?: string;
  readonly mend?: string;
}

async function doctor(rig: RepositoryRig, manifest?: string): Promise<readonly Finding[]> {
  const { stdout } = await call(rig, ['doctor', '--json', ...(manifest === undefined ? [] : [manifest])]);
  return (JSON.parse(stdout) as { findings: readonly Finding[] }).findings;
}

test(
  'a repository with nothing in the way: every point has its line, and none of git is wrong',
  rigTest(async ({ rig }) => {
    const findings = await doctor(rig);
    expect(findings.map(({ what }) => what)).toEqual(expect.arrayContaining(['git', 'identity', 'room', 'hooks', 'ignored files', 'names', 'open files', 'clock', 'locks', 'worktrees']));
    expect(findings.filter(({ what, state }) => state !== 'good' && !['room', 'inodes', 'open files', 'watchers'].includes(what))).toEqual([]);
  }),
);

test(
  'everything in the way at once: each with why it matters and what mends it',
  rigTest(
    async ({ rig }) => {
      await rig.git(['config', 'core.hooksPath', '.husky/_']);
      await rig.git(['config', 'commit.gpgSign', 'true']);
      await mkdir(join(rig.top, 'node_modules'));
      await rig.write({ '.env': 'A=1\n', 'plan.md': '# P\n\n## Phase 1: One\n\n- [ ] 1.1 First\n' });
      await rig.write({ 'manifest.yml': 'version: 1\ntarget: main\ndefaults: { executor: { agent: claude } }\nplans:\n  A: { plan: plan.md, branch: topic }\n' });
      const linked = join(rig.folder, 'linked');
      await rig.git(['worktree', 'add', '--quiet', linked, '-b', 'topic']);
      await rig.git(['worktree', 'add', '--quiet', '--detach', join(rig.folder, 'gone')]);
      await rm(join(rig.folder, 'gone'), { recursive: true });
      await writeFile(join(rig.top, '.git', 'index.lock'), '');
      await writeFile(join(rig.top, '.git', 'worktrees', 'linked', 'index.lock'), '');
      for (const [name, owner] of [['dead-00000000', { ...ownIdentity(), startTime: '1' }], ['far-00000000', { ...ownIdentity(), bootId: 'other', host: 'elsewhere/' }]] as const) {
        await mkdir(join(rig.top, '.git', 'plan', 'locks', name), { recursive: true });
        await writeFile(join(rig.top, '.git', 'plan', 'locks', name, '1.lock'), JSON.stringify(owner));
      }
      await mkdir(join(rig.top, '.git', 'plan', 'locks', 'odd-00000000', '1.lock'), { recursive: true });
      const wrong = (await doctor(rig, 'manifest.yml')).filter(({ state }) => state !== 'good');
      for (const finding of wrong) expect(finding).toMatchObject({ why: expect.stringMatching(/\w/), mend: expect.stringMatching(/\w/) });
      const said = wrong.map(({ what, found, mend }) => `${what}: ${found} → ${mend}`);
      for (const expected of [
        /^hooks: core\.hooksPath is \.husky\/_, relative and not tracked/,
        /^signing: /,
        /^ignored files: \.env → .*copy/,
        /^packages: node_modules/,
        /^submodules: .* → .*git submodule update --init/,
        /^names: .*differ by case only/,
        /^locks: .*\.git\/index\.lock/,
        /^locks: .*worktrees\/linked\/index\.lock/,
        /^locks: the orchestrator of dead .*→ give the same command again/,
        /^locks: process \d+ of elsewhere\/ holds the lock of far/,
        /^locks: the lock of odd does not say who holds it → .*rm -r .*odd-00000000\/1\.lock$/,
        /^worktrees: 1 worktree whose folder is gone → git worktree prune/,
        /^branches: topic of plan A is checked out in .*linked → git -C .*linked switch --detach/,
        /^executors: (claude .* is not in PATH|no sign of a login of claude)/,
      ])
        expect(said).toContainEqual(expect.stringMatching(expected));
    },
    { files: { 'README.md': 'a\n', 'readme.md': 'b\n', '.gitignore': '.env\nnode_modules\n', '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ./x\n' } },
  ),
);

test(
  'an agent without a sign of a login is told apart from one with a key, a file, or a keychain',
  rigTest(async ({ rig }) => {
    const environment = { HOME: rig.home };
    expect(missingLogin('codex', environment, 'linux')).toBe('codex login');
    expect(missingLogin('codex', { ...environment, OPENAI_API_KEY: 'x' }, 'linux')).toBeUndefined();
    expect(missingLogin('claude', environment, 'darwin')).toBeUndefined();
    expect(missingLogin('constructor', environment, 'linux')).toBeUndefined();
    await mkdir(join(rig.home, '.codex'));
    await writeFile(join(rig.home, '.codex', 'auth.json'), '');
    expect(missingLogin('codex', environment, 'linux')).toBeUndefined();
  }),
);
