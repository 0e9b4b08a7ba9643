/** Programs started out of a helper: nothing of the helper is to be seen in them, and nothing of them outlives what watches it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { systemClock } from '../../src/base/clock.js';
import { waitUntil } from '../../src/base/process-group.js';
import { StartHelpers, startChild, type LeaderExit } from '../../src/base/started-child.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'started-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const environment = { PATH: process.env['PATH'] ?? '', HOME: '/', PLAN_TASK: '1.1' };

function begin(argv: readonly string[], helpers: StartHelpers | undefined, more: { readonly environment?: Record<string, string>; readonly stdinFile?: string } = {}) {
  const file = join(folder, `output-${readdirSync(folder).length}`);
  const fd = openSync(file, 'a');
  try {
    const child = startChild({ argv, cwd: folder, environment, ...more, output: { file, fd }, pipeStdout: false }, helpers);
    return { child, said: () => readFileSync(file, 'utf8') };
  } finally {
    closeSync(fd);
  }
}

async function both(argv: readonly string[], more: { readonly environment?: Record<string, string>; readonly stdinFile?: string } = {}) {
  const run = async (helpers: StartHelpers | undefined): Promise<{ exit: LeaderExit; said: string }> => {
    const { child, said } = begin(argv, helpers, more);
    return { exit: await child.exit, said: said() };
  };
  const warm = new StartHelpers((name) => name.startsWith('PLAN_'));
  // The second one meets a helper whose environment was made for the first.
  await begin(['/bin/true'], warm, { environment: { ...environment, PLAN_OTHER: 'x', GONE: 'y', OLDPWD: '/first', MULTI: 'line\nline' } }).child.exit;
  return { direct: await run(undefined), helped: await run(warm) };
}

/** The helper's subshell became the program: its parent is the helper. */
function parentOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
}

/** The shell that starts programs for these, having nothing to do now. */
async function helperIn(helpers: StartHelpers): Promise<number> {
  const { child, said } = begin(['/bin/sh', '-c', 'echo $PPID'], helpers);
  await child.exit;
  return Number(said());
}

describe('seen from the program, a helper is no other than a start of ours', () => {
  test('its environment, variable by variable', async () => {
    const hostile = { ...environment, QUOTE: `it's "$HOME" \\ \``, LINES: 'one\n\ntwo\n', EMPTY: '', OLDPWD: '/elsewhere', SHLVL: '7', TABBED: '\ta\r' };
    // With a name that no shell can export it is started directly.
    for (const given of [environment, hostile, { ...hostile, 'not.a-name': 'x' }]) {
      const { direct, helped } = await both(['/usr/bin/env', '-0'], { environment: given });
      expect(helped.said.split('\0').sort()).toEqual(direct.said.split('\0').sort());
      expect(helped.said.split('\0').filter((one) => one !== '')).toHaveLength(Object.keys(given).length);
    }
  });

  test('its open files, signals, session, umask, folder and input', async () => {
    const script = 'ls /proc/self/fd; grep -E "^Sig(Ign|Blk|Cgt)" /proc/self/status; umask; pwd; ulimit -a; readlink /proc/self/fd/0; cut -d" " -f6 /proc/$$/stat | sed "s/^$$\\$/own session/"; cat';
    const stdinFile = join(folder, 'input');
    writeFileSync(stdinFile, 'given\n');
    for (const more of [{}, { stdinFile }]) {
      const { direct, helped } = await both(['/bin/sh', '-c', script], more);
      expect(helped).toEqual(direct);
      expect(helped.said).toContain('own session');
    }
  });

  test.each([
    ['exit 0', { code: 0, signal: null }],
    ['exit 7', { code: 7, signal: null }],
    ['exit 137', { code: 137, signal: null }],
    ['exit 250', { code: 250, signal: null }],
    ['kill -TERM $$', { code: null, signal: 'SIGTERM' }],
    ['kill -KILL $$', { code: null, signal: 'SIGKILL' }],
    ['kill -SEGV $$', { code: null, signal: 'SIGSEGV' }],
  ])('its end: %s', async (script, expected) => {
    const { direct, helped } = await both(['/bin/sh', '-c', `ulimit -c 0; ${script}`]);
    expect(direct.exit).toEqual(expected);
    expect(helped.exit).toEqual(expected);
  });

  test('what cannot be run says so in the words of the system', async () => {
    const refused = join(folder, 'refused');
    writeFileSync(refused, '#!/bin/sh\n');
    chmodSync(refused, 0o644);
    for (const [program, code] of [[join(folder, 'missing'), 'ENOENT'], [refused, 'EACCES']] as const) {
      const { direct, helped } = await both([program]);
      expect(direct.exit.error).toMatchObject({ code });
      expect(helped.exit.error).toMatchObject({ code });
    }
  });
});

describe('helpers that come to an end, or do not answer', () => {
  test('killed alone: the program is known, and counts as killed', async () => {
    const { child } = begin(['/bin/sleep', '600'], new StartHelpers(() => false));
    await child.begun;
    const pid = child.pid() as number;
    process.kill(parentOf(pid), 'SIGKILL');
    expect(await child.exit).toEqual({ code: null, signal: 'SIGKILL' });
    expect(child.pid()).toBe(pid);
    process.kill(pid, 'SIGKILL');
  });

  test('killed while it had nothing to do: the next program gets another', async () => {
    const helpers = new StartHelpers(() => false);
    const pid = await helperIn(helpers);
    process.kill(pid, 'SIGKILL');
    expect(await waitUntil(() => !existsSync(`/proc/${pid}`), 10_000, systemClock)).toBe(true);
    const { child, said } = begin(['/bin/echo', 'again'], helpers);
    expect(await child.exit).toEqual({ code: 0, signal: null });
    expect(said()).toBe('again\n');
  });

  test('stopped: given up, and then nothing was started', async () => {
    const helpers = new StartHelpers(() => false);
    process.kill(await helperIn(helpers), 'SIGSTOP');
    const { child } = begin(['/bin/touch', join(folder, 'touched')], helpers);
    child.abandon();
    expect((await child.exit).error?.message).toMatch(/ended \(SIG/);
    expect(child.pid()).toBeUndefined();
    expect(existsSync(join(folder, 'touched'))).toBe(false);
  });

  test('a command that was on its way when its orchestrator was killed is not begun any more', async () => {
    const bundle = join(folder, 'bundle.mjs');
    const contents = "export { StartHelpers, startChild } from './started-child.js';";
    await build({ stdin: { contents, resolveDir: join(import.meta.dirname, '../../src/base'), loader: 'ts' }, bundle: true, platform: 'node', format: 'esm', outfile: bundle, logLevel: 'error' });
    const main = join(folder, 'main.mjs');
    writeFileSync(
      main,
      `import { StartHelpers, startChild } from './bundle.mjs';
       import { openSync } from 'node:fs';
       const helpers = new StartHelpers(() => false);
       const file = ${JSON.stringify(join(folder, 'log'))};
       const start = (argv) => startChild({ argv, cwd: '/', environment: { PATH: process.env.PATH }, output: { file, fd: openSync(file, 'a') }, pipeStdout: false }, helpers);
       await start(['/bin/sh', '-c', 'echo $PPID']).exit;
       process.stdout.write('ready\\n');
       process.stdin.once('data', () => {
         start(['/bin/touch', ${JSON.stringify(join(folder, 'touched'))}]);
         // The pipe takes it at once: it stands there unread.
         setImmediate(() => process.kill(process.pid, 'SIGKILL'));
       });`,
    );
    const orchestrator = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(orchestrator.stdout, 'data');
    const helper = Number(readFileSync(join(folder, 'log'), 'utf8'));
    process.kill(helper, 'SIGSTOP');
    orchestrator.stdin.write('go\n');
    await once(orchestrator, 'exit');
    process.kill(helper, 'SIGCONT');
    expect(await waitUntil(() => !existsSync(`/proc/${helper}`) || readFileSync(`/proc/${helper}/stat`, 'latin1').includes(') Z '), 10_000, systemClock)).toBe(true);
    expect(existsSync(join(folder, 'touched'))).toBe(false);
  });
});
