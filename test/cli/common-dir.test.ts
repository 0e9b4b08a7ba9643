import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCommonDir } from '../../src/cli/common-dir.js';
import { RepositoryRig } from '../rig/repository.js';

let rig: RepositoryRig;
beforeEach(async () => {
  rig = await RepositoryRig.create({ files: { 'a/b/c.txt': 'c' } });
});
afterEach(() => rig.cleanup());

/** What git itself says. */
const asked = async (cwd: string): Promise<string> => realpath(await rig.git(['rev-parse', '--path-format=absolute', '--git-common-dir'], { cwd }));

test('the same as git in the top, in a folder below, in a linked worktree and in a bare repository', async () => {
  const linked = join(rig.folder, 'linked');
  const bare = join(rig.folder, 'bare.git');
  await rig.git(['worktree', 'add', '--quiet', linked]);
  await rig.git(['clone', '--quiet', '--bare', rig.top, bare], { cwd: rig.folder });
  for (const place of [rig.top, join(rig.top, 'a', 'b'), linked, join(linked, 'a'), bare, join(bare, 'refs')]) expect([place, findCommonDir(place)]).toEqual([place, await asked(place)]);
});

test('where there is doubt it says nothing, and git is asked', async () => {
  const outside = join(rig.folder, 'outside');
  await mkdir(outside);
  expect(findCommonDir(outside)).toBeUndefined();
  await writeFile(join(outside, '.git'), 'gitdir: /no/such/folder\n');
  expect(findCommonDir(outside)).toBeUndefined();
  await writeFile(join(outside, '.git'), 'what is this\n');
  expect(findCommonDir(outside)).toBeUndefined();
});
