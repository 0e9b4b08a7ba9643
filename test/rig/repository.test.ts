/** The rig itself: same ids every time, nothing left behind. */
import { access } from 'node:fs/promises';
import { RepositoryRig, lines, rigTest } from './repository.js';

describe('the repository rig', () => {
  test('gives the same ids for the same commands', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      await rigTest(async ({ rig }) => {
        await rig.commitOn('topic', 'add a', { 'a.txt': 'a\n', 'run.sh': { executable: '#!/bin/sh\n' }, link: { link: 'a.txt' } });
        ids.push((await rig.resolve('topic')) ?? '');
        expect(await rig.history('topic')).toBe(lines('start', 'add a'));
        expect(await rig.tree('topic')).toBe(lines('100644 README.md', '100644 a.txt', '120000 link', '100755 run.sh'));
        expect(await rig.fileAt('topic', 'a.txt')).toBe('a\n');
        expect(await rig.git(['status', '--porcelain'])).toBe('');
      })();
    }
    expect(ids[0]).toMatch(/^[0-9a-f]{40}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  test('cleans up processes that outlive the test', async () => {
    const rig = await RepositoryRig.create();
    rig.spawn('sh', ['-c', 'setsid sleep 1000 & sleep 1000'], { detached: true });
    await rig.cleanup();
    expect(await rig.processesLeft()).toEqual([]);
    await expect(access(rig.folder)).rejects.toThrow('ENOENT');
  });

  test(
    'makes bare repositories',
    rigTest(
      async ({ rig }) => {
        expect(await rig.git(['rev-parse', '--is-bare-repository'])).toBe('true');
        expect(await rig.history('main')).toBe('start');
      },
      { bare: true },
    ),
  );
});
