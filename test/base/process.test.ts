import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { startProcess } from '../../src/base/process.js';
import { endMarked } from '../../src/base/process-group.js';
import type { ProcessEnd, ProcessRequest, ProcessTools } from '../../src/base/process.js';
import { createMarkScanner, readProcessStat } from '../../src/base/process-scan.js';
import { HeldProcesses } from '../rig/held-process.js';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'plan-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let held: HeldProcesses;
beforeAll(async () => void (held = await HeldProcesses.listen()));
afterAll(() => held.close());

let files = 0;
const scanner = createMarkScanner('TEST_MARK', systemClock);
const tools: ProcessTools = { clock: systemClock, scanner, graceMs: 10_000 };
const mark = (word: string): NonNullable<ProcessRequest['mark']> => ({ variable: 'TEST_MARK', word });

function request(argv: readonly string[], more: Partial<ProcessRequest> = {}): ProcessRequest {
  return {
    argv,
    cwd: folder,
    environment: { PATH: process.env['PATH'] ?? '' },
    output: { file: join(folder, `output-${files++}`), limit: 1_000_000 },
    ...more,
  };
}

const heldRequest = (word: string, more: Partial<ProcessRequest> = {}): ProcessRequest =>
  request(held.argv, { environment: { PATH: process.env['PATH'] ?? '', TEST_MARK: word, ...held.environment }, mark: mark(word), ...more });

function ended(end: ProcessEnd): Extract<ProcessEnd, { kind: 'ended' }> {
  if (end.kind !== 'ended') throw new Error(end.message);
  return end;
}

describe('start and end', () => {
  test('both streams stand in the file in the order written', async () => {
    const asked = request(['sh', '-c', 'echo a; echo b >&2; echo c; exit 3']);
    const end = ended(await startProcess(asked, tools).ended);
    expect(end).toMatchObject({ exitCode: 3, outputBytes: 6, droppedBytes: 0, leftovers: 0, flooded: false });
    expect(end.tail.toString()).toBe('a\nb\nc\n');
    expect(readFileSync(asked.output.file, 'utf8')).toBe('a\nb\nc\n');
  });

  test.each([
    ['a program that is not there', request(['no-such-program']), 'no-such-program was not found'],
    ['a folder that is not there', request(['true'], { cwd: '/no/such/folder' }), 'its folder is not there: /no/such/folder'],
    ['a program that may not be executed', request(['/etc/passwd']), '/etc/passwd may not be executed'],
    ['too much environment', request(['true'], { environment: { BIG: 'x'.repeat(200_000) } }), 'longer than the system allows'],
    ['a NUL in an argument', request(['true', 'a\0b']), 'null bytes'],
    ['no program', request([]), ''],
    ['an input file that is not there', request(['true'], { stdinFile: '/no/such/file' }), 'ENOENT'],
  ])('%s is said, not thrown', async (_, asked, message) => {
    const end = await startProcess(asked, tools).ended;
    expect(end).toMatchObject({ kind: 'not-started', message: expect.stringContaining(message) });
  });

  test('the output file is never written through a symlink', async () => {
    const target = join(folder, 'precious');
    writeFileSync(target, 'precious');
    const link = join(folder, 'link');
    symlinkSync(target, link);
    const end = await startProcess(request(['echo', 'x'], { output: { file: link, limit: 1000 } }), tools).ended;
    expect(end).toMatchObject({ kind: 'not-started', message: expect.stringContaining('ELOOP') });
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  test('input comes from a file, also when nobody reads it', async () => {
    const stdinFile = join(folder, 'input');
    writeFileSync(stdinFile, 'x'.repeat(1_000_000));
    expect(ended(await startProcess(request(['wc', '-c'], { stdinFile }), tools).ended).tail.toString().trim()).toBe('1000000');
    expect(ended(await startProcess(request(['true'], { stdinFile }), tools).ended).exitCode).toBe(0);
  });

  test('what a stopped process is asked to do, it does', async () => {
    const running = startProcess(heldRequest('stopped'), tools);
    const one = await held.next();
    process.kill(one.pid, 'SIGSTOP');
    running.end();
    expect(ended(await running.ended).signal).toBe('SIGTERM');
  });
});

describe('nothing is left', () => {
  test('children of a process that ended are ended with it', async () => {
    const running = startProcess(heldRequest('child'), tools);
    const one = await held.next();
    const child = await one.descend({ escape: false });
    await one.exit(0);
    expect(ended(await running.ended)).toMatchObject({ exitCode: 0, leftovers: 1 });
    await child.gone;
  });

  test('children that ignore SIGTERM are ended after the grace', async () => {
    const running = startProcess(heldRequest('stubborn'), { ...tools, graceMs: 50 });
    const one = await held.next();
    const child = await one.descend({ escape: false });
    await child.ignore('SIGTERM');
    await one.exit(0);
    expect(ended(await running.ended).leftovers).toBe(1);
    await child.gone;
  });

  test('a child in a session of its own is found by its mark, when the process ends and when it is ended', async () => {
    for (const byForce of [false, true]) {
      const running = startProcess(heldRequest(`escaped-${byForce}`), tools);
      const one = await held.next();
      const child = await one.descend({ escape: true });
      const grandchild = await child.descend({ escape: true });
      if (byForce) running.end();
      else await one.exit(0);
      expect(ended(await running.ended).leftovers).toBe(2);
      await child.gone;
      await grandchild.gone;
    }
  });

  test('a process of another mark is left alone, even when it is a descendant of the same test', async () => {
    const first = startProcess(heldRequest('first'), tools);
    const one = await held.next();
    const second = startProcess(heldRequest('second'), tools);
    const two = await held.next();
    await one.exit(0);
    await first.ended;
    await two.print('alive\n');
    await two.exit(0);
    expect(ended(await second.ended).tail.toString()).toBe('alive\n');
  });

  test('a zombie in the group is not waited for', async () => {
    // The child in the group becomes a zombie: its parent left the group, lives on without the mark, and never waits for it.
    const script = `
      use POSIX; $SIG{CHLD} = 'DEFAULT'; pipe(R, W);
      if (!fork) { if (!($z = fork)) { exit 0 } waitid_not: select(undef, undef, undef, 0.05); POSIX::setsid(); close W; sleep 1 for 1..600; exit }
      close W; <R>; exit 0`;
    const asked = request(['perl', '-e', script], { environment: { PATH: process.env['PATH'] ?? '', TEST_MARK: 'zombie' }, mark: mark('zombie') });
    const end = ended(await startProcess(asked, { ...tools, graceMs: 200 }).ended);
    expect(end).toMatchObject({ exitCode: 0, leftovers: 1 });
    expect(await scanner.find((word) => word === 'zombie', true)).toEqual([]);
  });

  test('leftovers of somebody who was killed are found later, and a pid that changed hands is not touched', async () => {
    const running = startProcess(heldRequest('later'), { clock: systemClock, graceMs: 10_000 });
    const one = await held.next();
    const child = await one.descend({ escape: true });
    await one.exit(0);
    await running.ended;
    const found = await createMarkScanner('TEST_MARK', systemClock).find((word) => word === 'later', true);
    expect(found.map(({ pid }) => pid)).toEqual([child.pid]);

    await endMarked(found.map((one) => ({ ...one, startTicks: '1' })), 'TEST_MARK', systemClock, 10_000);
    await endMarked(found.map((one) => ({ ...one, marks: ['another'] })), 'TEST_MARK', systemClock, 10_000);
    await child.run('true');

    await endMarked(found, 'TEST_MARK', systemClock, 10_000);
    await child.gone;
    expect(readProcessStat(child.pid)?.state ?? 'Z').toMatch(/[ZX]/);
  });

  test('marks of nested runs are all found', async () => {
    const running = startProcess(heldRequest('outer inner'), tools);
    const one = await held.next();
    const both = await Promise.all(['outer', 'inner', 'out'].map((word) => scanner.find((mark) => mark === word, true)));
    expect(both.map((found) => found.map(({ pid }) => pid))).toEqual([[one.pid], [one.pid], []]);
    running.end();
    await running.ended;
  });
});

describe('output without measure', () => {
  const limit = 100_000;

  test('is cut in the middle: its head, a notice, and its end are kept', async () => {
    const file = join(folder, `output-${files++}`);
    const script = 'i=0; while [ $i -lt 40000 ]; do echo "line $i"; i=$((i+1)); done; echo the end';
    const end = ended(await startProcess(request(['sh', '-c', script], { output: { file, limit } }), tools).ended);
    const text = readFileSync(file, 'utf8');
    expect(statSync(file).size).toBeLessThanOrEqual(limit);
    expect(text.startsWith('line 0\nline 1\n')).toBe(true);
    expect(text.slice(-19)).toBe('line 39999\nthe end\n');
    expect(text).toContain(`[plan: ${end.droppedBytes} bytes of output left out here]`);
    const written = 40_000 * 6 + 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 30_000 * 5 + 8;
    expect(end.outputBytes).toBe(written);
    expect(end.flooded).toBe(false);
  });

  test('is stopped when it never ends, and meanwhile others go on', async () => {
    const file = join(folder, `output-${files++}`);
    let turns = 0;
    const beat = setInterval(() => turns++, 1);
    const running = startProcess(request(['yes', 'a line of output'], { output: { file, limit } }), tools);
    const end = ended(await running.ended);
    clearInterval(beat);
    expect(end).toMatchObject({ flooded: true, signal: 'SIGTERM' });
    expect(end.outputBytes).toBeGreaterThan(limit * 256);
    expect(statSync(file).size).toBeLessThanOrEqual(limit);
    expect(turns).toBeGreaterThan(0);
  });

  test('through a pipe is slowed down, and stopped in the same way', async () => {
    const file = join(folder, `output-${files++}`);
    let bytes = 0;
    let most = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      most = Math.max(most, chunk.length);
    };
    const end = ended(await startProcess(request(['yes', 'a line of output'], { output: { file, limit }, onStdout: take }), tools).ended);
    expect(end.flooded).toBe(true);
    expect(statSync(file).size).toBeLessThanOrEqual(limit);
    expect(bytes).toBeGreaterThan(limit * 256);
    expect(most).toBeLessThanOrEqual(1024 * 1024);
  });

  test('on a full disk costs the output, not the process', async () => {
    if (!existsSync('/dev/full')) return;
    const end = await startProcess(request(['sh', '-c', 'exit 0'], { output: { file: '/dev/full', limit } }), tools).ended;
    expect(end.kind).toMatch(/ended|not-started/);
  });
});

test('a pipe takes what was written before the end, also when a child keeps it open', async () => {
  let text = '';
  const running = startProcess(heldRequest('pipe', { onStdout: (bytes) => void (text += bytes.toString()) }), tools);
  const one = await held.next();
  const child = await one.descend({ escape: false });
  await one.print('said\n');
  await one.exit(0);
  const end = ended(await running.ended);
  await child.gone;
  expect(text).toBe('said\n');
  expect(end.tail.toString()).toBe('said\n');
});

test('a folder in the place of the output file is said', async () => {
  const file = join(folder, 'is-a-folder');
  mkdirSync(file);
  expect(await startProcess(request(['true'], { output: { file, limit: 10 } }), tools).ended).toMatchObject({ kind: 'not-started' });
});
