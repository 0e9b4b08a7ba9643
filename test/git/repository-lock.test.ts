/** One at a time over processes; the dead are replaced at once, the living waited for. */
import { once } from 'node:events';
import { link, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownIdentity } from '../../src/base/process-identity.js';
import { repositoryLockOwner, withRepositoryLock } from '../../src/git/repository-lock.js';
import { bundleProgram } from '../rig/program.js';
import { rigTest } from '../rig/repository.js';
import type { RepositoryRig } from '../rig/repository.js';

const program = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { withRepositoryLock } from './src/git/repository-lock.js';
  const [commonDir, counter, rounds] = process.argv.slice(2);
  for (let round = 0; round < Number(rounds); round += 1) {
    await withRepositoryLock({ commonDir }, 'counting', async () => {
      const before = Number(readFileSync(counter, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(counter, String(before + 1));
    });
  }
  if (rounds === 'hold') await withRepositoryLock({ commonDir }, 'holding', async () => {
    console.log('held');
    await new Promise((resolve) => process.stdin.once('end', resolve).resume());
  });
`;

const commonDirOf = (rig: RepositoryRig): string => join(rig.top, '.git');

async function held(rig: RepositoryRig, file: string): Promise<ReturnType<RepositoryRig['spawn']>> {
  const child = rig.spawn(process.execPath, [file, commonDirOf(rig), 'none', 'hold']);
  if (child.stdout === null) throw new Error('no output');
  await once(child.stdout, 'data');
  return child;
}

test(
  'four processes count without losing one',
  rigTest(async ({ rig }) => {
    const file = await bundleProgram(rig, 'lock', program);
    await rig.write({ counter: '0' }, { cwd: rig.folder });
    const counter = join(rig.folder, 'counter');
    const results = await Promise.all([1, 2, 3, 4].map(() => rig.run(process.execPath, [file, commonDirOf(rig), counter, '25'])));
    expect(results.map((result) => result.stderr)).toEqual(['', '', '', '']);
    expect(await readFile(counter, 'utf8')).toBe('100');
    expect(await readdir(join(commonDirOf(rig), 'plan'))).toEqual([]);
  }),
);

test(
  'a dead owner is replaced at once, by one of many',
  rigTest(async ({ rig }) => {
    const file = await bundleProgram(rig, 'lock', program);
    await rig.write({ counter: '0' }, { cwd: rig.folder });
    const counter = join(rig.folder, 'counter');
    for (let round = 0; round < 3; round += 1) {
      const holder = await held(rig, file);
      const waiting = [1, 2, 3].map(() => rig.run(process.execPath, [file, commonDirOf(rig), counter, '5']));
      holder.kill('SIGKILL');
      expect((await Promise.all(waiting)).map((result) => result.code)).toEqual([0, 0, 0]);
    }
    expect(await readFile(counter, 'utf8')).toBe('45');
    expect(await readdir(join(commonDirOf(rig), 'plan'))).toEqual([]);
  }),
);

test(
  'a living owner is waited for, and named when it takes too long',
  rigTest(async ({ rig }) => {
    const file = await bundleProgram(rig, 'lock', program);
    const holder = await held(rig, file);
    const repository = { commonDir: commonDirOf(rig) };
    expect(await repositoryLockOwner(repository)).toMatchObject({ identity: { pid: holder.pid }, purpose: 'holding' });
    await expect(withRepositoryLock(repository, 'waiting', async () => 'never', 50)).rejects.toThrow(`process ${holder.pid} `);
    const later = withRepositoryLock(repository, 'waiting', async () => 'at last');
    holder.stdin?.end();
    expect(await later).toBe('at last');
    expect(await repositoryLockOwner(repository)).toBeUndefined();
  }),
);

test.each([
  ['empty after a power cut', ''],
  ['no JSON', '{'],
  ['of before the restart', JSON.stringify({ identity: { ...ownIdentity(), bootId: 'former' }, token: 't', purpose: 'p' })],
  ['of a pid used again', JSON.stringify({ identity: { ...ownIdentity(), startTime: '1' }, token: 't', purpose: 'p' })],
])('a lock file %s is taken over', async (_name, content) => {
  await rigTest(async ({ rig }) => {
    const folder = join(commonDirOf(rig), 'plan');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'repository.lock'), content);
    // Somebody died while burying it, too.
    await link(join(folder, 'repository.lock'), join(folder, 'repository.lock.claim-x'));
    expect(await withRepositoryLock({ commonDir: commonDirOf(rig) }, 'test', async () => 'taken')).toBe('taken');
    expect(await readdir(folder)).toEqual([]);
  })();
});
