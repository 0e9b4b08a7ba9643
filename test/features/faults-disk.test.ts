/** Disks that are full or refuse, and too few file handles: the program stops with a sentence, and the same command goes on. */
import { faultTest, ordinaryUser, ownMounts } from '../rig/faults.js';
import type { FaultRig } from '../rig/faults.js';
import { program } from '../rig/plan.js';

const plan = `'${process.execPath}' '${program}'`;
const job = `${plan} orchestrate-multi plans/manifest.yml`;
/** Skipped where the machine does not let a test mount a disk. */
const withMounts = ownMounts === undefined ? test.skip : test;
/** Skipped for root where no other user can be had: permissions do not bind it. */
const withPermissions = ordinaryUser === undefined ? test.skip : test;

/** Runs a script in a mount namespace of its own; each `=== n` line that it prints ends what the n-th command said. */
async function inOwnMounts(rig: FaultRig, script: string): Promise<readonly string[]> {
  const [word = '', ...words] = ownMounts ?? [];
  const { stdout, stderr, code } = await rig.repository.run(word, [...words, 'sh', '-c', `exec 2>&1; say() { echo "=== $?"; }; ${script}`]);
  if (code !== 0) throw new Error(stdout + stderr);
  return stdout.split(/(?<==== \d+)\n/);
}

/** Fills a mounted folder but for so many KiB. */
const fill = (folder: string, leave: number): string => `dd if=/dev/zero of=${folder}/filler bs=1k 2> /dev/null; truncate -s -${leave}k ${folder}/filler`;

describe('a disk that is full', () => {
  withMounts(
    'under the journal: the run stops with a sentence, and goes on when there is room',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': 'echo 1 > 1.txt' }, { '2.1': 'echo 2 > 2.txt' }, { '3.1': 'echo 3 > 3.txt' }] });
      const [first = '', second = '', rest = ''] = await inOwnMounts(
        rig,
        `mkdir .git/plan; mount -t tmpfs -o size=256k none .git/plan; ${fill('.git/plan', 12)}; ${job}; say; rm .git/plan/filler; ${job}; say; grep -o '"kind":"task.committed","node":"[^"]*"' .git/plan/runs/*/journal.ndjson | sort | uniq -c; git fsck --no-dangling`,
      );
      expect(first).toMatch(/ENOSPC|No space left/);
      expect(first).toMatch(/make room|Free some space/);
      expect(first).toMatch(/=== [13]$/);
      expect(second).toMatch(/=== 0$/);
      expect(rest.trim().split('\n').map((line) => line.trim())).toEqual(['1.1', '2.1', '3.1'].map((id) => `1 "kind":"task.committed","node":"A.${id}"`));
      expect(await rig.repository.history('plan/A')).toBe('start\nTask 1.1 (A.1.1)\nTask 2.1 (A.2.1)\nTask 3.1 (A.3.1)');
    }),
  );

  withMounts(
    'under the object store: what the task made stays in its worktree, and is committed when there is room',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': 'echo x >> "$HOME/begun"; head -c 3000000 /dev/urandom > big.bin' }] });
      const [first = '', second = '', rest = ''] = await inOwnMounts(
        rig,
        `mv .git/objects .git/stored; mkdir .git/objects; mount -t tmpfs -o size=8m none .git/objects; cp -r .git/stored/. .git/objects/; ${fill('.git/objects', 512)}; ${job}; say; rm .git/objects/filler; ${job}; say; git cat-file -s main:big.bin; git fsck --no-dangling`,
      );
      expect(first).toMatch(/No space left|unable to write|write error/i);
      expect(first).toMatch(/Free some space/);
      expect(second).toMatch(/=== 0$/);
      expect(rest.trim()).toBe('3000000');
    }),
  );
});

describe('a folder that may not be written', () => {
  withPermissions(
    'the run data or the worktrees: refused with the path and what to do, and nothing has happened',
    faultTest(async (rig) => {
      const { repository } = rig;
      await rig.orchestration({ A: [{ '1.1': 'echo a > a.txt' }] });
      const before = await repository.refs();
      await repository.git(['config', '--global', 'safe.directory', '*']);
      await repository.run('sh', ['-c', `mkdir .git/plan "${repository.top}.worktrees"; chmod 755 ..; if [ $(id -u) = 0 ]; then chown -R 65534 ../repository ../home ../tmp "${repository.top}.worktrees"; fi`]);
      const [word = '', ...words] = ordinaryUser ?? [];
      const run = () => repository.run(word, [...words, process.execPath, program, 'orchestrate-multi', 'plans/manifest.yml']);
      for (const folder of ['.git/plan', `${repository.top}.worktrees`]) {
        await repository.run('chmod', ['500', folder]);
        const refused = await run();
        expect(refused.stdout + refused.stderr).toMatch(/cannot be written \(EACCES\)/);
        expect(refused.stdout + refused.stderr).toMatch(/a folder that you may write|name another folder/i);
        expect(refused.code).toBe(2);
        expect(await repository.refs()).toBe(before);
        await repository.run('chmod', ['700', folder]);
      }
      expect(await run()).toMatchObject({ code: 0 });
      expect(await repository.fileAt('main', 'a.txt')).toBe('a\n');
    }),
  );
});

describe('too few file handles', () => {
  test(
    'the run stops with a sentence or ends well, and with enough of them it ends well',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': 'echo a > a.txt', '1.2': 'echo b > b.txt', '1.3': 'echo c > c.txt', '1.4': 'echo d > d.txt' }] });
      // The first are too few to be loaded, the next for some of its gits.
      for (const limit of [28, 58]) {
        const few = await rig.repository.run('sh', ['-c', `ulimit -n ${limit}; exec ${job}`]);
        if (few.code === 0) continue;
        expect(few.stdout + few.stderr).toMatch(/EMFILE|too many open files/i);
        expect(few.stdout + few.stderr).toMatch(/ulimit -n/);
        expect([1, 3]).toContain(few.code);
      }
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await rig.repository.tree('main')).toContain('d.txt');
      await rig.expectSound();
    }),
  );
});
