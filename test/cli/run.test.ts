import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { listRuns, runPaths } from '../../src/journal/layout.js';
import { RepositoryRig } from '../rig/repository.js';
import { planText } from '../rig/plan.js';
import { call } from './call.js';

const manifest = (rest = ''): string => `version: 1\n${rest}plans:\n  A: { plan: a.md, priority: high }\n  B: { plan: b.md, depends: [A.phase1] }\n`;
const write = (file: string): string => `echo ${file} > ${file}`;

async function repository(files: Readonly<Record<string, string>>): Promise<RepositoryRig> {
  return RepositoryRig.create({ files: { 'm.yml': manifest(), 'a.md': planText('Sign-in', [{ '1.1': write('a1') }, { '2.1': write('a2') }]), 'b.md': planText('Page', [{ '1.1': `cat a1\n${write('b1')}` }]), ...files } });
}

/** Waits for a file that another process makes; the test's own time limit ends it. */
async function appears(file: string): Promise<void> {
  while (!existsSync(file)) await pause(20);
}

let rig: RepositoryRig;
afterEach(() => rig.cleanup());

test('a dry run says worktrees, order and landing, and touches nothing', async () => {
  rig = await repository({});
  const before = await rig.refs();
  const { code, stdout } = await call(rig, ['orchestrate-multi', 'm.yml', '--dry-run']);
  expect(code).toBe(0);
  for (const part of ['../repository.worktrees/m/A', 'on plan/B', 'on main: A → B', 'Foreseen conflicts']) expect(stdout).toContain(part);
  expect(await rig.refs()).toBe(before);
  expect(existsSync(join(rig.top, '.git', 'plan'))).toBe(false);
});

test('a run from beginning to end, and everything that can be asked about it afterwards', async () => {
  rig = await repository({});
  const ran = await call(rig, ['orchestrate-multi', 'm.yml', '--tick']);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toMatch(/A\.1\.1 {2}started: Task 1\.1\n[\s\S]*A\.phase1 {2}published[\s\S]*main took A and B[\s\S]*landed after .*: 3 of 3 tasks done\n$/);
  expect(await readFile(join(rig.top, 'a.md'), 'utf8')).toContain('- [x] 1.1');

  const status = await call(rig, ['status', '--json', '--tasks']);
  expect(status.json()).toMatchObject({ schema: 1, state: 'finished', outcome: 'landed', tasks: { total: 3, done: 3 }, plans: [{ id: 'A', status: 'landed' }, { id: 'B', status: 'landed' }], taskList: [{ id: 'A.1.1', status: 'committed' }, { id: 'A.2.1' }, { id: 'B.1.1' }] });
  expect((await call(rig, ['status'])).stdout).toMatch(/^m\.yml → main · landed after .*\n {2}✔ A {2}Sign-in {2}2\/2 {2}landed/);
  expect((await call(rig, ['status', 'A.1.1'])).stdout).toMatch(/A\.1\.1 {2}Task 1\.1: committed\n {2}attempt 1: passed/);
  expect((await call(rig, ['status', '--timeline'])).stdout).toMatch(/^ +┆[\s\S]*\nA\n {2}1\.1 +█[\s\S]*one after another/);
  expect((await call(rig, ['log', 'B'])).stdout).toMatch(/B +branch made at .*, on top of A\.phase1/);
  expect((await call(rig, ['logs', 'B.1.1'])).stdout).toBe('a1\n');
  expect((await call(rig, ['status', '--watch'])).stdout).toMatch(/main took A and B/);
  expect((await call(rig, ['report'])).stdout).toContain('All 2 plans landed');
  const events = (await call(rig, ['status', '--watch', '--json'])).stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { kind: string; version: number });
  expect(new Set(events.map(({ version }) => version))).toEqual(new Set([1]));
  expect([events[0]?.kind, events.at(-1)?.kind]).toEqual(['run.started', 'end']);

  expect((await call(rig, ['orchestrate-multi', 'm.yml'])).stdout).toContain('nothing to do');
  expect((await call(rig, ['retry', 'A.1.1'])).stdout).toContain('A landed before: what is done again stays on plan/A and does not land again');
});

test('--json prints one object alone, the lines go to stderr; --events prints nothing but lines of JSON', async () => {
  rig = await repository({});
  const { json, stderr } = await call(rig, ['orchestrate-multi', 'm.yml', '--json']);
  expect(json()).toMatchObject({ ended: 'landed', tasks: { done: 3 } });
  expect(stderr).toContain('main took A and B');
  const again = await call(rig, ['orchestrate-multi', 'm.yml', '--new', '--events']);
  for (const line of again.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ version: 1, kind: expect.any(String) });
});

test('a failure: exit 1, the next command is offered, the log is there, retry takes it up', async () => {
  rig = await repository({ 'b.md': planText('Page', [{ '1.1': 'echo broken pipe in the cellar; test -e "$HOME/mended"' }]) });
  const failed = await call(rig, ['orchestrate-multi', 'm.yml']);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/B\.1\.1 {2}exit 1 after .*\n[\s\S]*→ plan logs B\.1\.1 {3}then {3}plan retry B\.1\.1/);
  expect((await call(rig, ['logs', 'B.1.1'])).stdout).toBe('broken pipe in the cellar\n');
  expect((await call(rig, ['status'])).code).toBe(1);
  await writeFile(join(rig.home, 'mended'), '');
  expect((await call(rig, ['retry', '--failed'])).stdout).toMatch(/retry B\.1\.1: taken up when the run goes on/);
  expect((await call(rig, ['orchestrate-multi', 'm.yml'])).code).toBe(0);
});

test('skip, pause and their kin on a run that stands still are taken up at the next start', async () => {
  rig = await repository({ 'b.md': planText('Page', [{ '1.1': 'exit 3' }]) });
  await call(rig, ['orchestrate-multi', 'm.yml']);
  expect((await call(rig, ['skip', 'B.1.1', '--note', 'not needed', '--json'])).json()).toMatchObject({ live: false, request: { kind: 'skip.requested', nodes: ['B.1.1'], note: 'not needed' } });
  expect((await call(rig, ['skip', 'A.1.1'])).stderr).toContain('A.1.1 is done already');
  expect((await call(rig, ['retry', 'B.1.9'])).stderr).toContain('did you mean `B.1.1`?');
  expect((await call(rig, ['pause', 'Z'])).stderr).toContain('the run has no plan `Z`');
  expect((await call(rig, ['orchestrate-multi', 'm.yml'])).code).toBe(0);
  expect((await call(rig, ['status', 'B.1.1'])).stdout).toMatch(/skipped[\s\S]*not needed/);
});

test('approval: exit 3 with the command that lets it land, diff shows what, land does it, undo takes it back', async () => {
  rig = await repository({});
  const asked = await call(rig, ['orchestrate-multi', 'm.yml', '--approve', 'ask']);
  expect(asked.code).toBe(3);
  expect(asked.stdout).toContain('→ plan diff   then   plan land A B');
  const start = await rig.git(['rev-parse', 'main']);
  const diff = await call(rig, ['diff', '--patch']);
  expect(diff.stdout).toMatch(/^main would take A, then B: 3 files, \+3 −0\n[\s\S]*\+\+\+ b\/a1/);
  expect(await rig.git(['rev-parse', 'main'])).toBe(start);
  expect((await call(rig, ['land', 'Q'])).code).toBe(2);
  expect((await call(rig, ['land'])).code).toBe(0);
  expect(await rig.tree('main')).toContain('b1');
  expect((await call(rig, ['undo'])).stdout).toMatch(/A and B were taken back out of main: [0-9a-f]{10} → [0-9a-f]{10}/);
  expect(await rig.git(['rev-parse', 'main'])).toBe(start);
});

test('cut off while the target moved: undo waits until that is settled, and takes back the last landing then', async () => {
  rig = await repository({ 'm.yml': manifest('landing: { mode: each }\n') });
  expect((await call(rig, ['orchestrate-multi', 'm.yml'])).code).toBe(0);
  const [run] = await listRuns(join(rig.top, '.git'));
  const file = runPaths(join(rig.top, '.git'), run ?? '').journal;
  // As a kill leaves it right after the last move: the intent is recorded, and what came of it is not.
  const lines = (await readFile(file, 'utf8')).split('\n');
  const last = lines.findLastIndex((line) => line.includes('"target.advancing"'));
  expect(lines.slice(last).some((line) => line.includes('"target.advanced"'))).toBe(true);
  await writeFile(file, `${lines.slice(0, last + 1).join('\n')}\n`);
  const landed = await rig.git(['rev-parse', 'main']);
  const refused = await call(rig, ['undo']);
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.stderr).toMatch(/cut off while [AB] landed[\s\S]*plan orchestrate-multi m\.yml finds it out/);
  expect(await rig.git(['rev-parse', 'main'])).toBe(landed);
  expect((await call(rig, ['orchestrate-multi', 'm.yml'])).code).toBe(0);
  expect((await call(rig, ['undo'])).stdout).toMatch(/B was taken back out of main/);
});

test('Ctrl-C once: nothing new starts, what runs ends and is committed, exit 130; the same command goes on', async () => {
  rig = await repository({ 'a.md': planText('Sign-in', [{ '1.1': `touch "$HOME/began"; while [ ! -e "$HOME/go" ]; do sleep 0.05; done\n${write('a1')}` }, { '2.1': write('a2') }]) });
  let send: (signal: 'SIGINT') => void = () => undefined;
  const running = call(rig, ['orchestrate-multi', 'm.yml'], { signals: (signal) => (send = signal) });
  await appears(join(rig.home, 'began'));
  send('SIGINT');
  await writeFile(join(rig.home, 'go'), '');
  const { code, stdout, stderr } = await running;
  expect(code).toBe(130);
  expect(stderr).toContain('Ctrl-C again stops it');
  expect(stdout).toMatch(/A\.1\.1 {2}done in/);
  expect(stdout).not.toContain('A.2.1');
  const again = await call(rig, ['orchestrate-multi', 'm.yml']);
  expect(again.code).toBe(0);
  expect(again.stdout).not.toContain('A.1.1');
});

test('Ctrl-C twice: what runs is ended, its work is kept, and it runs again the next time', async () => {
  rig = await repository({ 'a.md': planText('Sign-in', [{ '1.1': `echo half > half\ntouch "$HOME/began"; [ -e "$HOME/go" ] || sleep 600\n${write('a1')}` }, { '2.1': write('a2') }]) });
  let send: (signal: 'SIGINT') => void = () => undefined;
  const running = call(rig, ['orchestrate-multi', 'm.yml'], { signals: (signal) => (send = signal) });
  await appears(join(rig.home, 'began'));
  send('SIGINT');
  send('SIGINT');
  const { code, stdout } = await running;
  expect(code).toBe(130);
  expect(stdout).toMatch(/A\.1\.1 {2}its work is kept at refs\/plan-runs\//);
  const kept = await call(rig, ['salvage', 'show', 'A.1.1/1']);
  expect(kept.stdout).toContain('+half');
  await writeFile(join(rig.home, 'go'), '');
  expect((await call(rig, ['orchestrate-multi', 'm.yml'])).code).toBe(0);
});

test('a task that is marked completed while it runs is ended, and what stands in its worktree is committed as its work', async () => {
  rig = await repository({ 'a.md': planText('Sign-in', [{ '1.1': `echo half > half\ntouch "$HOME/began"; sleep 600` }, { '2.1': write('a2') }]), 'b.md': planText('Page', [{ '1.1': `cat half\n${write('b1')}` }]) });
  const running = call(rig, ['orchestrate-multi', 'm.yml']);
  await appears(join(rig.home, 'began'));
  expect((await call(rig, ['mark', 'A.1.1', 'completed', '--note', 'good enough', '--json'])).json()).toMatchObject({ live: true, taken: true });
  const { code, stdout } = await running;
  expect(code).toBe(0);
  expect(stdout).toMatch(/A\.1\.1 {2}marked completed by hand \(good enough\)\n[\s\S]*A\.1\.1 {2}done in .*, committed as/);
  expect(stdout).not.toContain('is kept at');
  expect(await rig.tree('main')).toMatch(/ a2\n[^]* b1\n[^]* half\n/);
  expect((await call(rig, ['status', 'A.1.1'])).stdout).toContain('attempt 1: passed');
});

test('requests reach a run that goes on: pause holds the next task back, resume lets it go', async () => {
  rig = await repository({ 'a.md': planText('Sign-in', [{ '1.1': `touch "$HOME/began"; while [ ! -e "$HOME/go" ]; do sleep 0.05; done\n${write('a1')}` }, { '2.1': write('a2') }]) });
  const running = call(rig, ['orchestrate-multi', 'm.yml']);
  await appears(join(rig.home, 'began'));
  expect((await call(rig, ['orchestrate-multi', 'm.yml'])).stderr).toContain(String(process.pid));
  expect((await call(rig, ['pause', '--json'])).json()).toMatchObject({ live: true, taken: true });
  await writeFile(join(rig.home, 'go'), '');
  const status = async (): Promise<{ tasks: { done: number; ready: number }; state: string }> => (await call(rig, ['status', '--json'])).json();
  while ((await status()).tasks.done < 1) await pause(20);
  expect(await status()).toMatchObject({ state: 'paused' });
  expect((await call(rig, ['status', 'A.2.1'])).stdout).toContain('paused');
  await call(rig, ['resume']);
  expect((await running).code).toBe(0);
});

test('one plan file alone runs by the same engine', async () => {
  rig = await repository({});
  const { code, stdout } = await call(rig, ['orchestrate', '--plan', 'a.md']);
  expect(code).toBe(0);
  expect(stdout).toContain('main took a');
});

test('clean removes what is proved kept and says why the rest stays', async () => {
  rig = await repository({});
  await call(rig, ['orchestrate-multi', 'm.yml']);
  await writeFile(join(`${rig.top}.worktrees`, 'm', 'B', 'mine.txt'), 'typed by a person');
  const { stdout } = await call(rig, ['clean', '--branches', '--refs', '--yes']);
  expect(stdout).toMatch(/^removed, because its tree is clean.*:\n {2}\.\.\/repository\.worktrees\/m\/A$/m);
  expect(stdout).toMatch(/^keeps \.\.\/repository\.worktrees\/m\/B:\n {2}it has changes that are not committed$/m);
  expect(existsSync(join(`${rig.top}.worktrees`, 'm', 'B', 'mine.txt'))).toBe(true);
  expect(existsSync(join(`${rig.top}.worktrees`, 'm', 'A'))).toBe(false);
  expect(await rig.tree('main')).toContain('b1');
});

test('the demo needs no identity and ends with the merged history', async () => {
  rig = await repository({});
  const { code, stdout, stderr } = await call(rig, ['demo', 'shop', '--plain'], { folder: rig.home, environment: { GIT_CONFIG_GLOBAL: '/dev/null', EMAIL: '' } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/\* {3}\w+ \(HEAD -> main\) Merge plan B: Interface\n/);
  expect(stdout).toContain('plan status --timeline');
  expect((await call(rig, ['demo', 'shop'], { folder: rig.home })).stderr).toContain('is not empty');
});
