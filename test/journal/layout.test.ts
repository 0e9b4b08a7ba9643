import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fc } from '../rig/property.js';
import { counterOf, createRun, fileNameOf, findRuns, listRuns, manifestName, outputFile, runPaths, scratchFolder } from '../../src/journal/layout.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let commons = 0;
function newCommon(): string {
  const common = join(folder, `common-${commons++}`);
  mkdirSync(common);
  return common;
}

test('runs of a manifest are counted, found newest first, and kept apart from those of others', async () => {
  const common = newCommon();
  expect(await findRuns(common, 'plans/release.yml')).toEqual([]);
  const runs: string[] = [];
  for (let index = 0; index < 11; index++) runs.push((await createRun(common, 'plans/release.yml')).run);
  const other = await createRun(common, 'other/release.yml');
  expect(runs[0]).toMatch(/^release-[0-9a-f]{8}-1$/);
  expect(await findRuns(common, 'plans/release.yml')).toEqual(runs.toReversed());
  expect(await findRuns(common, 'other/release.yml')).toEqual([other.run]);
  expect((await createRun(common, 'plans/release.yml', 40)).run).toBe(`${manifestName('plans/release.yml')}-41`);
  expect(counterOf(`${manifestName('plans/release.yml')}-41`)).toBe(41);
});

test('two that create at once get two runs', async () => {
  const common = newCommon();
  const runs = await Promise.all(Array.from({ length: 8 }, () => createRun(common, 'm.yml')));
  expect(new Set(runs.map(({ run }) => run)).size).toBe(8);
});

test('all runs of a repository, the last active first', async () => {
  const common = newCommon();
  const first = await createRun(common, 'a.yml');
  const second = await createRun(common, 'b.yml');
  writeFileSync(first.journal, '');
  writeFileSync(second.journal, '');
  utimesSync(first.journal, 2000, 2000);
  utimesSync(second.journal, 1000, 1000);
  mkdirSync(join(common, 'plan', 'runs', 'not a run'));
  expect(await listRuns(common)).toEqual([first.run, second.run]);
});

test('folders are for their owner only', async () => {
  const paths = await createRun(newCommon(), 'm.yml');
  for (const path of [paths.folder, paths.inbox, paths.attempts]) expect(statSync(path).mode & 0o777).toBe(0o700);
});

test.each([
  ['My Release (v2).yaml', /^my-release-v2-[0-9a-f]{8}$/],
  ['über/größe.yml', /^gr-e-[0-9a-f]{8}$/],
  ['日本.yml', /^run-[0-9a-f]{8}$/],
  ['.yml', /^run-[0-9a-f]{8}$/],
  ['--.yml', /^run-[0-9a-f]{8}$/],
  [`${'x'.repeat(500)}.yml`, /^x{32}-[0-9a-f]{8}$/],
])('the manifest %s has a name that folders and refs can bear', (manifest, name) => {
  expect(manifestName(manifest)).toMatch(name);
});

test('every node has a file name of its own, that stays in its folder', () => {
  const paths = runPaths('/common', 'm-12345678-1');
  expect(basename(outputFile(paths, 'A.2.3', 1))).toBe('A.2.3#1.log');
  expect(basename(outputFile(paths, 'A.phase2.verify1', 2))).toBe('A.phase2.verify1#2.log');
  const node = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(node, node, fc.integer({ min: 1, max: 9999 }), (one, other, attempt) => {
      const file = outputFile(paths, one, attempt);
      expect(file.startsWith(`${paths.attempts}/`)).toBe(true);
      expect(basename(file)).toMatch(/^[A-Za-z0-9_%][A-Za-z0-9._%~-]*#[0-9]+\.log$/);
      expect(basename(file).length).toBeLessThan(200);
      if (one !== other) expect(fileNameOf(one)).not.toBe(fileNameOf(other));
    }),
    { numRuns: 300 },
  );
});

test('scratch folders are short enough for sockets in them', () => {
  const paths = runPaths(`/home/${'x'.repeat(200)}/.git`, 'm-12345678-1');
  const scratch = scratchFolder('/tmp', paths, `A.${'9'.repeat(200)}`, 12);
  expect(scratch.length).toBeLessThan(60);
  expect(scratchFolder('/tmp', paths, 'A.1', 1)).not.toBe(scratchFolder('/tmp', paths, 'A.11', 1));
});
