import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createShellExecutor } from '../../src/executor/shell.js';
import type { AttemptRequest } from '../../src/executor/executor.js';
import type { AttemptOutcome } from '../../src/model/event.js';
import type { Execution } from '../../src/model/orchestration.js';
import { HeldProcesses } from '../rig/held-process.js';
import { ManualClock } from '../rig/manual-clock.js';
import { AttemptRig } from './attempt-rig.js';

const rig = new AttemptRig();

async function run(script: string, more: Partial<AttemptRequest> = {}, execution: Partial<Execution> = {}): Promise<{ outcome: AttemptOutcome; output: string; request: AttemptRequest }> {
  const request = rig.request({ kind: 'shell' }, { script, ...more }, execution);
  const tools = rig.tools({ secrets: ['*_HIDDEN'] });
  const outcome = await createShellExecutor(tools).begin(request, rig.report).finished;
  await tools.cleanedUp();
  return { outcome, output: existsSync(request.outputFile) ? rig.output(request) : '', request };
}

describe('a block', () => {
  test('passes when it exits with 0; its last line is the note', async () => {
    const { outcome, output } = await run('echo one; echo two >&2');
    expect(outcome).toEqual({ result: 'passed', exitCode: 0, note: 'two' });
    expect(output).toBe('one\ntwo\n');
  });

  test('stops at the first command that fails', async () => {
    const { outcome, output } = await run('echo before\nfalse\necho after\n');
    expect(outcome).toEqual({ result: 'failed', reason: 'exit', exitCode: 1, note: 'before' });
    expect(output).toBe('before\n');
  });

  test('that is ended by a signal says which', async () => {
    expect((await run('kill -9 $$')).outcome).toEqual({ result: 'failed', reason: 'signal', signal: 'SIGKILL' });
  });

  test('longer than one argument may be runs all the same', async () => {
    const { outcome } = await run(`: '${'x'.repeat(300_000)}'\necho end`);
    expect(outcome).toEqual({ result: 'passed', exitCode: 0, note: 'end' });
  });

  test('finds nothing on its standard input', async () => {
    expect((await run('wc -c | tr -d " "')).output).toBe('0\n');
  });

  test('works in the worktree', async () => {
    expect((await run('pwd')).output).toBe(`${rig.worktree}\n`);
  });

  test('goes before the configured command, which runs without -e', async () => {
    const own = rig.request({ kind: 'shell', shell: 'echo configured' }, { script: 'echo block' });
    const configured = rig.request({ kind: 'shell', shell: 'false; echo configured' });
    const shell = createShellExecutor(rig.tools());
    expect(await shell.begin(own, rig.report).finished).toMatchObject({ note: 'block' });
    expect(await shell.begin(configured, rig.report).finished).toMatchObject({ result: 'passed', note: 'configured' });
  });

  test('that is not there, and no command either, fails at the start', async () => {
    const request = rig.request({ kind: 'shell' });
    expect(await createShellExecutor(rig.tools()).begin(request, rig.report).finished).toMatchObject({ result: 'failed', reason: 'start' });
  });

  test('in a worktree that is gone fails at the start, in words', async () => {
    const { outcome } = await run('true', { worktree: join(rig.folder, 'gone') });
    expect(outcome).toEqual({ result: 'failed', reason: 'start', note: `its folder is not there: ${join(rig.folder, 'gone')}` });
  });

  test('whose output file cannot be made fails at the start', async () => {
    const { outcome } = await run('true', { outputFile: join(rig.folder, 'gone', 'x.log') });
    expect(outcome).toMatchObject({ result: 'failed', reason: 'start', note: expect.stringContaining('ENOENT') });
  });

  test('whose scratch folder cannot be made fails at the start', async () => {
    const { outcome } = await run('true', { scratch: '/proc/nowhere' });
    expect(outcome).toMatchObject({ result: 'failed', reason: 'start' });
  });
});

describe('the environment', () => {
  test('names run, plan, phase, task, attempt, worktree and prompt', async () => {
    const { output, request } = await run('env | grep ^PLAN_ | sort; cat "$PLAN_PROMPT_FILE"');
    const port = /PLAN_PORT_BASE=(\d+)/.exec(output)?.[1];
    expect(Number(port)).toBeGreaterThanOrEqual(20_000);
    expect(output.replace(/PLAN_MARK=.*\n/, '')).toBe(
      [
        `PLAN_ATTEMPT=${request.attempt}`,
        'PLAN_ID=A',
        'PLAN_PHASE=2',
        `PLAN_PORT_BASE=${port}`,
        `PLAN_PROMPT_FILE=${join(request.scratch, 'prompt.md')}`,
        'PLAN_RUN=test-1',
        'PLAN_TASK=2.3',
        'PLAN_TASK_TITLE=a title',
        `PLAN_WORKTREE=${rig.worktree}`,
        'the prompt',
        '',
      ].join('\n'),
    );
  });

  test('a title never becomes code', async () => {
    const title = '$(touch pwned) `touch pwned`; touch pwned\n\'"--upload-pack=touch pwned\0';
    const { output } = await run('printf %s "$PLAN_TASK_TITLE"', { title });
    expect(output).toBe(title.replace('\0', ''));
    expect(existsSync(join(rig.worktree, 'pwned'))).toBe(false);
  });

  test('a title may be longer than a variable', async () => {
    expect((await run('true', { title: 'x'.repeat(1_000_000) })).outcome.result).toBe('passed');
  });

  test('the temporary folder is private and gone afterwards', async () => {
    const { output, request } = await run('test -d "$TMPDIR" && stat -c %a "$TMPDIR" "$PLAN_PROMPT_FILE"; mktemp >/dev/null; mkdir -p "$TMPDIR/a/b"');
    expect(output).toBe('700\n600\n');
    expect(existsSync(request.scratch)).toBe(false);
    expect(statSync(request.outputFile).mode & 0o777).toBe(0o600);
  });

  test('the execution may add variables, but not pretend to be another task', async () => {
    const { output } = await run('echo $EXTRA $PLAN_TASK', {}, { env: { EXTRA: 'yes', PLAN_TASK: '9.9' } });
    expect(output).toBe('yes 2.3\n');
  });

  test('worktrees side by side have ports of their own, the same one the same', async () => {
    const tools = rig.tools();
    const bases = Array.from({ length: 50 }, (_, index) => tools.ports.of(`/worktrees/${index}`));
    expect(new Set(bases.map((base) => Math.floor(base / 20))).size).toBe(50);
    expect(tools.ports.of('/worktrees/7')).toBe(bases[7]);
  });

  test('a sandbox stands before the shell', async () => {
    const { output } = await run('echo $INSIDE', {}, { sandbox: ['env', 'INSIDE=sandbox'] });
    expect(output).toBe('sandbox\n');
  });
});

test('a note has no secrets, no escapes, and an end', async () => {
  const environment = { PATH: process.env['PATH'] ?? '', SOME_TOKEN: 'abcdefgh', MY_HIDDEN: 'hush-hush', PUBLIC: 'visible' };
  const script = 'printf "\\033]0;title\\007\\033[31m$SOME_TOKEN and $MY_HIDDEN and $PUBLIC\\033[0m\\r\\n\\n  \\n"';
  expect((await run(script, { environment })).outcome.note).toBe('*** and *** and visible');
  expect((await run('printf "%0500d" 1')).outcome.note).toHaveLength(200);
  expect((await run('printf "10%%\\r20%%\\r30%%"')).outcome.note).toBe('30%');
  expect((await run('printf "a\\000b\\377\\302\\233c"')).outcome.note).toBe('a b\ufffd');
});

describe('time', () => {
  let held: HeldProcesses;
  beforeAll(async () => void (held = await HeldProcesses.listen()));
  afterAll(() => held.close());
  const request = (execution: Partial<Execution>): AttemptRequest =>
    rig.request({ kind: 'shell', shell: `exec ${held.shell}` }, { environment: { PATH: process.env['PATH'] ?? '', ...held.environment } }, execution);

  test('an attempt that takes too long is ended', async () => {
    const clock = new ManualClock();
    const attempt = createShellExecutor(rig.tools({ clock })).begin(request({ timeoutSeconds: 60 }), rig.report);
    const one = await held.next();
    clock.advance(59_000);
    await one.print('still here\n');
    clock.advance(1_000);
    expect(await attempt.finished).toEqual({ result: 'failed', reason: 'timeout', signal: 'SIGTERM', note: 'still here' });
    await one.gone;
  });

  test('an attempt that writes nothing for long is stuck; writing keeps it alive', async () => {
    const clock = new ManualClock();
    const attempt = createShellExecutor(rig.tools({ clock })).begin(request({ stuckSeconds: 100 }), rig.report);
    const one = await held.next();
    clock.advance(99_000);
    await one.print('a');
    clock.advance(99_000);
    await one.print('b\n');
    clock.advance(99_000);
    await one.print('c\n');
    clock.advance(200);
    expect(rig.progress.at(-1)).toEqual({ outputBytes: 5, doing: 'c' });
    clock.advance(101_000);
    expect(await attempt.finished).toMatchObject({ result: 'failed', reason: 'stuck', note: 'c' });
  });

  test('cancelled is neither passed nor failed, and twice is once', async () => {
    const attempt = createShellExecutor(rig.tools()).begin(request({}), rig.report);
    await held.next();
    attempt.cancel('request');
    attempt.cancel('fail-fast');
    expect(await attempt.finished).toEqual({ result: 'cancelled', reason: 'request', signal: 'SIGTERM' });
  });

  test('what ignores SIGTERM is ended after the grace', async () => {
    const clock = new ManualClock();
    const attempt = createShellExecutor(rig.tools({ clock, graceMs: 5000 })).begin(request({}), rig.report);
    const one = await held.next();
    await one.ignore('SIGTERM');
    attempt.cancel('deadline');
    await one.signalled('SIGTERM');
    await one.print('not yet\n');
    clock.advance(5000);
    expect(await attempt.finished).toEqual({ result: 'cancelled', reason: 'deadline', signal: 'SIGKILL', note: 'not yet' });
  });
});

test('a worktree with a strange name is a place like others', async () => {
  const worktree = join(rig.folder, "it's a $(name) with\nlines");
  mkdirSync(worktree);
  expect((await run('basename "$PLAN_WORKTREE"', { worktree })).outcome).toMatchObject({ result: 'passed', note: 'lines' });
});
