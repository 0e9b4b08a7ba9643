/**
 * Killed at every git command, in four ways: before it began, after it ended, both in the middle, and with the git living on alone.
 * Started again, the same program ends with the same history and leaves nothing broken behind.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleProgram } from '../rig/program.js';
import { lines, rigTest } from '../rig/repository.js';
import type { RepositoryRig } from '../rig/repository.js';

const program = `
  import { readFileSync, writeFileSync, existsSync } from 'node:fs';
  import { join } from 'node:path';
  import { openRepository } from './src/git/repository.js';
  import { createPlanDeeds } from './src/git/plan-deeds.js';
  import { recoverRepository } from './src/git/recover-git.js';
  import { ownIdentity } from './src/base/process-identity.js';

  const [top, path, identity] = process.argv.slice(2);
  const opened = await openRepository(top, process.env);
  if (!opened.ok) throw new Error(opened.error.message);
  const repository = opened.value;
  const former = existsSync(identity) ? { process: JSON.parse(readFileSync(identity, 'utf8')) } : {};
  writeFileSync(identity, JSON.stringify(ownIdentity()));
  await recoverRepository(repository, { run: 'r', branches: ['plan/A'], ...former });
  const deeds = createPlanDeeds(repository, { run: 'r', copy: [] });
  const main = await deeds.resolve('refs/heads/main');
  if (await deeds.resolve('refs/heads/plan/A') === undefined) await deeds.moveBranch('plan/A', null, main);
  for (let task = 1; task <= 3; task += 1) {
    const tip = await deeds.resolve('refs/heads/plan/A');
    let done = 0;
    for (let at = tip; at !== main; done += 1) at = (await repository.objects.commit(at)).parents[0];
    if (done >= task) continue;
    const prepared = await deeds.prepareWorktree({ plan: 'A', slot: 0, path }, tip);
    if (!prepared.ok) throw new Error(prepared.error.message);
    writeFileSync(join(path, 'task' + task), 'work of ' + task + '\\n');
    const left = await deeds.inspect(path);
    const made = await deeds.commitAttempt({ path, base: tip, tip, ...left, subject: 'task ' + task, body: '', trailers: [], hooks: false });
    if (!made.ok) throw new Error(JSON.stringify(made.error));
    const moved = await deeds.moveBranch('plan/A', tip, made.value.commit);
    if (!moved.ok) throw new Error('moved');
  }
  await deeds.attach(path, 'plan/A');
  deeds.close();
`;

/** Stands before git on the PATH, counts, and kills who called it at one of the calls. */
const wrapper = (real: string): string => `#!/bin/sh
n=$(( $(cat "$COUNT_FILE" 2>/dev/null || echo 0) + 1 ))
echo $n > "$COUNT_FILE"
if [ "$n" = "$KILL_AT" ]; then
  # Whoever called may be a small shell of the program; the program itself is meant, and both go.
  victims="$PPID $(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' "$IDENTITY_FILE" 2>/dev/null)"
  case "$KILL_HOW" in
    before) kill -9 $victims; exit 1 ;;
    after) '${real}' "$@"; code=$?; kill -9 $victims; exit $code ;;
    both) '${real}' "$@" <&0 & child=$!; sleep 0.00$(( $$ % 8 )); kill -9 $child $victims; exit 1 ;;
    alone) kill -9 $victims; sleep 0.05; exec '${real}' "$@" ;;
  esac
fi
exec '${real}' "$@"
`;

async function attempt(
  rig: RepositoryRig,
  file: string,
  killAt: number,
  how: string,
): Promise<{ code: number; calls: number; stderr: string }> {
  const count = join(rig.folder, 'tmp', 'count');
  await rig.write({ 'tmp/count': '0\n' }, { cwd: rig.folder });
  const result = await rig.run(process.execPath, [file, rig.top, join(rig.folder, 'w', 'A'), join(rig.folder, 'tmp', 'identity')], {
    env: { PATH: `${join(rig.folder, 'bin')}:${rig.environment['PATH']}`, COUNT_FILE: count, IDENTITY_FILE: join(rig.folder, 'tmp', 'identity'), KILL_AT: String(killAt), KILL_HOW: how },
  });
  return { code: result.code, calls: Number(await readFile(count, 'utf8')), stderr: result.stderr };
}

async function expectWhole(rig: RepositoryRig): Promise<void> {
  expect(await rig.history('plan/A')).toBe(lines('start', 'task 1', 'task 2', 'task 3'));
  expect(await rig.tree('plan/A')).toBe(lines('100644 README.md', '100644 task1', '100644 task2', '100644 task3'));
  expect(await rig.git(['fsck', '--strict', '--no-dangling'])).toBe('');
  expect((await rig.tryGit(['log', '--all', '--oneline'])).code).toBe(0);
  expect((await rig.tryGit(['gc', '--quiet'])).code).toBe(0);
  expect(await rig.git(['status', '--porcelain', '--branch'], { cwd: join(rig.folder, 'w', 'A') })).toBe('## plan/A');
  expect(await readdir(join(rig.top, '.git', 'worktrees'))).toHaveLength(1);
  const left = await rig.run('find', [join(rig.top, '.git'), '-name', '*.lock*']);
  expect(left.stdout).toBe('');
}

const allWays = ['before', 'both', 'alone', 'after'];

test('killed at every git command', async () => {
  let calls = 1;
  for (let killAt = 1; killAt <= calls; killAt += 1) {
    const ways = process.env['PLAN_TEST_THOROUGH'] === undefined ? [allWays[killAt % allWays.length] ?? ''] : allWays;
    for (const how of ways) {
      await rigTest(async ({ rig }) => {
        const real = (await rig.run('sh', ['-c', 'command -v git'])).stdout.trim();
        await rig.write({ 'bin/git': { executable: wrapper(real) } }, { cwd: rig.folder });
        const file = await bundleProgram(rig, 'deeds', program);
        if (killAt === 1) {
          const undisturbed = await attempt(rig, file, -1, 'never');
          expect(undisturbed).toMatchObject({ code: 0, stderr: '' });
          calls = undisturbed.calls;
          await expectWhole(rig);
          await rig.git(['worktree', 'remove', join(rig.folder, 'w', 'A')]);
          await rig.git(['branch', '-qD', 'plan/A']);
        }
        await attempt(rig, file, killAt, how);
        const again = await attempt(rig, file, -1, 'never');
        expect({ killAt, how, ...again }).toMatchObject({ code: 0, stderr: '' });
        await expectWhole(rig);
      })();
    }
  }
  expect(calls).toBeGreaterThan(10);
}, 900_000);
