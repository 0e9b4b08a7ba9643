import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RepositoryRig } from '../rig/repository.js';
import { call } from './call.js';

const plan = `# Auth

## Phase 1: Ground
- [ ] 1.1 Dig
- [ ] 1.2 Pour (depends: 1.1)
- [ ] 1.3 Fence

## Phase 2: Walls
- [ ] 2.1 Lay
`;

let rig: RepositoryRig;
beforeEach(async () => {
  rig = await RepositoryRig.create({ files: { 'plans/auth.md': plan } });
});
afterEach(() => rig.cleanup());

const next = async (): Promise<string[]> => (await call(rig, ['next', '--json', '--plan', 'plans/auth.md'])).json<{ next: { id: string }[] }>().next.map(({ id }) => id);
const mark = (...words: string[]): ReturnType<typeof call> => call(rig, ['mark', ...words, '--plan', 'plans/auth.md']);

test('what can be begun follows what was marked', async () => {
  expect(await next()).toEqual(['1.1', '1.3']);
  await mark('1.1', 'started');
  expect(await next()).toEqual(['1.3']);
  await mark('1.1', 'completed');
  expect(await next()).toEqual(['1.2', '1.3']);
  await mark('1.2', 'done');
  await mark('1.3', 'skipped', '--note', 'there is a wall');
  expect(await next()).toEqual(['2.1']);
  expect((await call(rig, ['next', '-n', '1', '--plan', 'plans/auth.md'])).stdout).toBe('2.1  Lay\n');
});

test('one failed task hides no ready work, and blocks only what waits for it', async () => {
  await mark('1.1', 'failed');
  expect(await next()).toEqual(['1.3']);
});

test('many sessions mark at once and nothing is lost; the version counts each', async () => {
  const marked = await Promise.all(['1.1', '1.2', '1.3', '2.1'].flatMap((task) => [mark(task, 'started'), mark(task, 'completed')]));
  expect(marked.map(({ code }) => code)).toEqual(Array(8).fill(0));
  const versions = marked.map(({ stdout }) => Number(/version (\d+)/.exec(stdout)?.[1]));
  expect(versions.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('a task that moved in its file keeps its mark by what it says; one that is another now does not inherit it', async () => {
  await mark('1.1', 'completed');
  await writeFile(join(rig.top, 'plans/auth.md'), plan.replace('1.1 Dig', '1.4 Dig').replace('1.2 Pour (depends: 1.1)', '1.1 Blast'));
  expect(await next()).toEqual(['1.1', '1.3']);
});

test('--tick changes one byte of the file, several at once one each', async () => {
  await Promise.all([mark('1.1', 'completed', '--tick'), mark('1.3', 'completed', '--tick')]);
  expect(await readFile(join(rig.top, 'plans/auth.md'), 'utf8')).toBe(plan.replace('[ ] 1.1', '[x] 1.1').replace('[ ] 1.3', '[x] 1.3'));
});

test('nothing of ours appears in the working tree', async () => {
  await mark('1.1', 'completed');
  expect(await rig.git(['status', '--porcelain'])).toBe('');
  expect(await readdir(join(rig.top, 'plans'))).toEqual(['auth.md']);
});

test('--plan beats PLAN, which beats what `plan use` chose', async () => {
  await rig.write({ 'plans/b.md': '# B\n\n## Phase 1: One\n- [ ] 1.1 From B\n', 'plans/c.md': '# C\n\n## Phase 1: One\n- [ ] 1.1 From C\n' });
  expect((await call(rig, ['next'])).code).toBe(2);
  await call(rig, ['use', 'plans/auth.md']);
  expect((await call(rig, ['next', '-n', '1'])).stdout).toContain('Dig');
  const environment = { PLAN: 'plans/b.md' };
  expect((await call(rig, ['next'], { environment })).stdout).toContain('From B');
  expect((await call(rig, ['next', '--plan', 'plans/c.md'], { environment })).stdout).toContain('From C');
  expect((await call(rig, ['use'], { folder: join(rig.top, 'plans') })).stdout).toBe('auth.md\n');
});

test.each([
  [['1.9', 'completed'], 'has no task `1.9`'],
  [['1.1', 'complted'], 'did you mean `completed`?'],
])('%j is refused with a hint', async (words, message) => {
  const { code, stderr } = await mark(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
