/** Processes that stop, escape, flood, die and come back under another's number, and clocks and machines that start over. */
import { setTimeout as pause } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultTest } from '../rig/faults.js';
import type { FaultRig } from '../rig/faults.js';
import { program } from '../rig/plan.js';

const write = (path: string): string => `echo '${path} is whole' > ${path}`;

/** The kernel's letter for a process: T stopped, Z zombie; undefined when it is gone. */
async function stateOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
}

/** The file of the lock that the dead orchestrator held, and what stands in it. */
async function deadLock({ repository }: FaultRig): Promise<{ readonly file: string; readonly identity: Record<string, unknown> }> {
  const folder = join(repository.top, '.git', 'plan', 'locks');
  const [manifest = ''] = await readdir(folder);
  const [name = ''] = (await readdir(join(folder, manifest))).filter((one) => one.endsWith('.lock'));
  const file = join(folder, manifest, name);
  return { file, identity: JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown> };
}

/** A run whose orchestrator was killed while A.1.1 was at work; that task ended with it. */
async function killed(rig: FaultRig): Promise<void> {
  await rig.orchestration({ A: [{ '1.1': rig.held.shell }, { '2.1': write('b.txt') }] });
  const { child, ended } = rig.start();
  const task = await rig.task('A.1.1');
  child.kill('SIGKILL');
  await ended;
  await task.die('SIGKILL');
}

/** Runs again, lets A.1.1 pass, and sees everything landed. */
async function goesOn(rig: FaultRig): Promise<void> {
  const again = rig.start();
  const task = await rig.task('A.1.1');
  await task.write({ 'a.txt': 'a\n' });
  await task.exit(0);
  expect(await again.ended).toMatchObject({ code: 0 });
  expect(await rig.repository.tree('main')).toMatch(/a\.txt\n.* b\.txt$/);
  await rig.expectSound();
}

describe('processes that are stopped', () => {
  test(
    'an executor: it is woken to be ended when the run is, and nothing of it is left',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }] });
      const { child, ended } = rig.start();
      const task = await rig.task('A.1.1');
      await task.write({ 'half.txt': 'half\n' });
      process.kill(task.pid, 'SIGSTOP');
      child.kill('SIGTERM');
      expect(await ended).toMatchObject({ code: 130 });
      expect(await rig.repository.processesLeft()).toEqual([]);
      expect(await rig.repository.refs('refs/plan-runs/')).toContain('/salvage/A.1.1/1');
      await rig.expectSound();
    }),
  );

  test(
    'the orchestrator: a second one is refused with its pid; woken, it ends as if nothing had been',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }] });
      const { child, ended } = rig.start();
      const task = await rig.task('A.1.1');
      child.kill('SIGSTOP');
      const second = await rig.run();
      expect(second.code).toBe(2);
      expect(second.stderr).toContain(`process ${child.pid}`);
      await task.write({ 'a.txt': 'a\n' });
      await task.exit(0);
      child.kill('SIGCONT');
      expect(await ended).toMatchObject({ code: 0 });
      await rig.expectSound();
    }),
  );
});

describe('processes that outlive the orchestrator', () => {
  test(
    'after kill -9: the task, its child, and a grandchild in a session of its own are ended by the next start; a stranger is not',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }, { '2.1': write('b.txt') }] });
      const { child, ended } = rig.start();
      const task = await rig.task('A.1.1');
      const [inGroup, escaped] = [await task.descend({ escape: false }), await task.descend({ escape: true })];
      const grandchild = await escaped.descend({ escape: true });
      // Of the same command and environment but for the mark: not ours.
      const stranger = await task.descend({ escape: true, clean: true });
      child.kill('SIGKILL');
      await ended;
      const again = rig.start();
      await Promise.all([task, inGroup, escaped, grandchild].map(({ gone }) => gone));
      const retried = await rig.task('A.1.1');
      await retried.write({ 'a.txt': 'a\n' });
      await retried.exit(0);
      expect(await again.ended).toMatchObject({ code: 0 });
      expect(await stateOf(stranger.pid)).toMatch(/[RS]/);
      await stranger.exit(0);
      await rig.expectSound();
    }),
  );

  test(
    'a killed orchestrator that nobody waited for is a zombie, and holds nothing',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }, { '2.1': write('b.txt') }] });
      // A shell that never waits for the program that it starts.
      const parent = rig.repository.spawn('sh', ['-c', `'${process.execPath}' '${program}' orchestrate-multi plans/manifest.yml & echo $!; exec sleep 1000`], { env: rig.held.environment });
      const [printed] = (await once(parent.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
      const orchestrator = Number.parseInt(printed.toString(), 10);
      const task = await rig.task('A.1.1');
      process.kill(orchestrator, 'SIGKILL');
      await task.die('SIGKILL');
      // A killed process takes its time to die where the disk is busy.
      while ((await stateOf(orchestrator)) !== 'Z') await new Promise((resolve) => void setTimeout(resolve, 5));
      const again = rig.start();
      const retried = await rig.task('A.1.1');
      await retried.write({ 'a.txt': 'a\n' });
      await retried.exit(0);
      expect(await again.ended).toMatchObject({ code: 0 });
      parent.kill('SIGKILL');
      await once(parent, 'close');
      await rig.expectSound();
    }),
  );

  test(
    'a pid that belongs to somebody else by now: taken over at once, and that process is left alone',
    faultTest(async (rig) => {
      await killed(rig);
      const stranger = rig.repository.spawn('sleep', ['1000'], { env: { RIG_MARKER: '' } });
      const { file, identity } = await deadLock(rig);
      await writeFile(file, `${JSON.stringify({ ...identity, pid: stranger.pid })}\n`);
      await goesOn(rig);
      expect(await stateOf(stranger.pid as number)).toMatch(/[RS]/);
      stranger.kill('SIGKILL');
      await once(stranger, 'close');
    }),
  );

  test(
    'a machine that was started anew: nobody of before lives, whatever has that pid and start time now',
    faultTest(async (rig) => {
      await killed(rig);
      const { file, identity } = await deadLock(rig);
      // The very start time of a living process, in another boot.
      const own = execFileSync('cat', ['/proc/self/stat'], { encoding: 'latin1' });
      const startTime = own.slice(own.lastIndexOf(')') + 2).split(' ')[19];
      await writeFile(file, `${JSON.stringify({ ...identity, pid: process.pid, startTime, bootId: '00000000-0000-4000-8000-000000000000' })}\n`);
      await goesOn(rig);
    }),
  );
});

describe('two at once', () => {
  test(
    'of two orchestrators that begin together one works and the other is refused with its pid',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }] });
      const both = [rig.start(), rig.start()];
      const task = await rig.task('A.1.1');
      const refused = await Promise.race(both.map(async (one) => ({ ...(await one.ended), other: both.find((each) => each !== one)?.child.pid })));
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`process ${refused.other}`) });
      await task.write({ 'a.txt': 'a\n' });
      await task.exit(0);
      expect((await Promise.all(both.map(({ ended }) => ended))).map(({ code }) => code).sort()).toEqual([0, 2]);
      expect(rig.held.untaken).toEqual([]);
      expect((await rig.events()).filter(({ kind }) => kind === 'attempt.started')).toHaveLength(1);
      await rig.expectSound();
    }),
  );
});

describe('a clock that is set back', () => {
  test(
    'by a day, while a task runs and again at the next start: nothing waits for the lost time, and the journal keeps its order',
    faultTest(async (rig) => {
      const flag = join(rig.repository.folder, 'set-back');
      const shift = join(rig.repository.folder, 'shift.mjs');
      await writeFile(shift, `import { existsSync } from 'node:fs'; const now = Date.now; Date.now = () => now() - (existsSync('${flag}') ? 86_400_000 : 0);`);
      const env = { NODE_OPTIONS: `--import=${shift}` };
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }, { '2.1': rig.held.shell }] }, 'defaults: { retries: 1 }\n');
      const first = rig.start(env);
      await (await rig.task('A.1.1')).exit(1);
      // It waits for its second attempt, and would wait for a day.
      await writeFile(flag, '');
      const again = await rig.task('A.1.1');
      await again.write({ 'a.txt': 'a\n' });
      await again.exit(0);
      const second = await rig.task('A.2.1');
      first.child.kill('SIGKILL');
      await first.ended;
      await second.die('SIGKILL');
      const resumed = rig.start(env);
      const last = await rig.task('A.2.1');
      await last.write({ 'b.txt': 'b\n' });
      await last.exit(0);
      expect(await resumed.ended).toMatchObject({ code: 0 });
      expect(await rig.repository.history('plan/A')).toBe('start\nTask 1.1 (A.1.1)\nTask 2.1 (A.2.1)');
      await rig.expectSound();
    }),
  );
});

describe('output without end', () => {
  test(
    'bounded on the disk, and the others are not held up',
    faultTest(async (rig) => {
      await rig.orchestration({ A: [{ '1.1': rig.held.shell }], B: [{ '1.1': rig.held.shell }, { '2.1': write('b.txt') }] });
      const { ended } = rig.start();
      const [loud, quiet] = [await rig.task('A.1.1'), await rig.task('B.1.1')];
      const flood = loud.flood('x'.repeat(79), 3_000_000);
      // While it floods, another plan gets on: its next task is committed before the flood ends.
      await quiet.write({ 'q.txt': 'q\n' });
      await quiet.exit(0);
      await flood;
      const log = await rig.inRun('attempts', 'A.1.1#1.log');
      // It is cut while its writer still runs, at the next look; the test's own time limit ends the wait.
      while ((await stat(log)).size > 16 * 1024 * 1024) await pause(20);
      await loud.write({ 'a.txt': 'a\n' });
      await loud.exit(0);
      expect(await ended).toMatchObject({ code: 0 });
      expect((await stat(log)).size).toBeLessThanOrEqual(16 * 1024 * 1024);
      await rig.expectSound();
    }),
  );
});
