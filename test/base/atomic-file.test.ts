/** Files replaced whole: what stays of a person's file, and what becomes of writers that were killed. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutOffAge, removeHalfWritten, replaceTheirs } from '../../src/base/atomic-file.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'atomic-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, age = 0): string {
  const file = join(folder, name);
  writeFileSync(file, name);
  const at = Date.now() - age;
  utimesSync(file, at / 1000, at / 1000);
  return file;
}

test("a person's file keeps its mode, and nothing is left beside it", async () => {
  const file = write('plan.md');
  chmodSync(file, 0o664);
  await replaceTheirs(file, Buffer.from('new'));
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o664);
  expect(readdirSync(folder)).toEqual(['plan.md']);
});

test("what a killed writer left beside it goes with the next one; a younger one, and what is a person's, stays", async () => {
  const uuid = '0f0e0d0c-1111-4222-8333-444455556666';
  const file = write('plan.md');
  write(`.plan-${uuid}.tmp`, cutOffAge + 5000);
  const stays = [`.plan-${uuid.replace('0', '1')}.tmp`, 'plan.md.20241122', 'plan.md.1'];
  write(stays[0] as string);
  for (const name of stays.slice(1)) write(name, cutOffAge + 5000);
  await replaceTheirs(file, Buffer.from('new'));
  expect(readdirSync(folder).sort()).toEqual([...stays, 'plan.md'].sort());
});

test('a file that cannot be replaced stays as it is, with nothing beside it', async () => {
  await expect(replaceTheirs(join(folder, 'missing.md'), Buffer.from('new'))).rejects.toThrow(/ENOENT/);
  expect(readdirSync(folder)).toEqual([]);
});

test('half-written files of ours go by name, and by age where somebody else may be writing', async () => {
  const [young, old, other] = [write('queue.json.1'), write('queue.json.4294967295', cutOffAge + 5000), write('queue.json.kept')];
  await removeHalfWritten(folder, 'queue.json', cutOffAge);
  expect([young, old, other].map((file) => existsSync(file))).toEqual([true, false, true]);
  await removeHalfWritten(folder, 'queue.json');
  expect([young, old, other].map((file) => existsSync(file))).toEqual([false, false, true]);
});
