/** What must not be lost while plans land: large files behind pointers, a target that cannot be written, one that is checked out in odd places. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownMounts } from '../rig/faults.js';
import { planTest, planText, program, type PlanRig } from '../rig/plan.js';

const manifest = (rest = ''): string => `version: 1\ntarget: main\nplans:\n  A: { plan: a.md }\n  B: { plan: b.md }\n${rest}`;
const one = (script: string): string => planText('One', [{ '1.1': script }]);

/** Files behind pointers as git-lfs keeps them: a filter that cleans and smudges, and the contents beside the repository. */
async function pointers(rig: PlanRig): Promise<void> {
  const { repository } = rig;
  await repository.write(
    {
      'clean.sh': 'file=$(mktemp)\ncat > "$file"\nid=$(sha256sum "$file" | cut -c1-64)\nsize=$(wc -c < "$file")\nmv "$file" "$HOME/large/$id"\nprintf "version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n" "$id" "$size"\n',
      'smudge.sh': 'cat "$HOME/large/$(sed -n "s/^oid sha256://p")"\n',
      'large/.keep': '',
    },
    { cwd: repository.home },
  );
  for (const deed of ['clean', 'smudge']) await repository.git(['config', '--global', `filter.lfs.${deed}`, `sh ${join(repository.home, `${deed}.sh`)}`]);
  await repository.git(['config', '--global', 'filter.lfs.required', 'true']);
  await repository.commit('large files', { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', 'one.bin': 'one\n', 'two.bin': 'two\n' });
}

describe('files behind pointers', () => {
  test(
    'pointers land, contents stand in the checkout',
    planTest(async ({ rig, repository }) => {
      await pointers(rig);
      await rig.orchestration(manifest(), { a: one('echo one by A > one.bin'), b: one('echo two by B > two.bin\necho new > new.bin') });
      expect(await rig.run()).toMatchObject({ code: 0 });
      for (const [file, content] of [['one.bin', 'one by A\n'], ['two.bin', 'two by B\n'], ['new.bin', 'new\n']] as const) {
        expect(await repository.fileAt('main', file)).toMatch(/^version https:\/\/git-lfs/);
        expect(await readFile(join(repository.top, file), 'utf8')).toBe(content);
      }
      expect(await repository.git(['status', '--porcelain'])).toBe('');
    }),
  );

  test(
    'two plans that change one large file conflict: no pointer is put together of two',
    planTest(async ({ rig, repository }) => {
      await pointers(rig);
      const before = await repository.resolve('main');
      await rig.orchestration(manifest(), { a: one('echo one by A > one.bin'), b: one('echo one by B > one.bin') });
      const result = await rig.run();
      expect(result).toMatchObject({ code: 3 });
      expect(result.stdout).toContain('one.bin');
      expect(await repository.resolve('main')).toBe(before);
    }),
  );
});

describe('a target that cannot be moved now', () => {
  test(
    'its ref is locked: refused with the reason, nothing half moved; it lands once the lock is gone',
    planTest(async ({ rig, repository }) => {
      await rig.orchestration(manifest(), { a: one('echo a > a.txt'), b: one('echo b > b.txt') });
      const lock = join(repository.top, '.git', 'refs', 'heads', 'main.lock');
      await writeFile(lock, '');
      const before = await repository.resolve('main');
      const refused = await rig.run();
      expect(refused).toMatchObject({ code: 3 });
      expect(refused.stdout).toContain('main.lock');
      expect(await repository.resolve('main')).toBe(before);
      expect(await repository.git(['status', '--porcelain'])).toBe('');
      await rm(lock);
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await repository.tree('main')).toContain('b.txt');
      expect(await repository.git(['status', '--porcelain'])).toBe('');
    }),
  );

  (ownMounts === undefined ? test.skip : test)(
    'the disk under its checkout is full half way: files are as they were, and it lands once there is room',
    planTest(async ({ rig, repository }) => {
      await repository.git(['switch', '-q', '--detach']);
      await rig.orchestration(manifest(), { a: one('echo changed > README.md; head -c 60000 /dev/urandom > big.bin; head -c 900000 /dev/urandom > larger.bin'), b: one('echo b > b.txt') });
      const checkout = join(repository.folder, 'checkout');
      const script = `set -e
mkdir -p "$1"; mount -t tmpfs -o size=512k none "$1"
git worktree add -q "$1" main
run() { code=0; "$2" "$3" orchestrate-multi plans/manifest.yml >> "$HOME/said" 2>&1 || code=$?; echo "$code [$(git -C "$1" status --porcelain)] $(cat "$1/README.md") $(ls "$1" | tr '\\n' ' ')"; }
run "$@"
mount -o remount,size=8m "$1"
run "$@"`;
      const [word = '', ...words] = [...(ownMounts ?? []), 'sh', '-c', script, 'sh', checkout, process.execPath, program];
      const { stdout, stderr } = await repository.run(word, words);
      expect({ stderr, stdout }).toEqual({ stderr: '', stdout: '3 [] start README.md \n0 [] changed README.md b.txt big.bin larger.bin \n' });
    }),
  );

  test(
    'HEAD is detached at it: the branch moves, the checkout stays as it is',
    planTest(async ({ rig, repository }) => {
      await repository.git(['switch', '-q', '--detach']);
      const head = await repository.resolve('HEAD');
      await repository.write({ 'README.md': 'typed\n' });
      await rig.orchestration(manifest(), { a: one('echo a > a.txt; echo landed > README.md'), b: one('echo b > b.txt') });
      expect(await rig.run()).toMatchObject({ code: 0 });
      expect(await repository.resolve('HEAD')).toBe(head);
      expect(await readFile(join(repository.top, 'README.md'), 'utf8')).toBe('typed\n');
      expect(await repository.fileAt('main', 'README.md')).toBe('landed\n');
    }),
  );
});
