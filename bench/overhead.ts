/**
 * What a task costs beyond what it cannot do without, and what peers take for it: `npm run bench -- overhead [plans] [tasks] [rounds]`.
 * The same run measures the floor: for each task one `sh -c` and one `git status` in a worktree (and, where something is committed,
 * the three git commands for that), for each plan one worktree. Peers run the same chains of `true` without worktrees and git:
 * make and ninja where they are installed, wireit out of the npm registry where that can be reached.
 *
 * Goals: 1.5 x the floor, in both; less CPU than wireit. CPU is that of all processes together, those included that nobody waits for.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [plans = 100, tasks = 5, rounds = 3] = process.argv.slice(2).map(Number);
const count = plans * tasks;
const slots = 4;
const folder = mkdtempSync(join(tmpdir(), 'plan-overhead-'));
const name = { GIT_AUTHOR_NAME: 'bench', GIT_AUTHOR_EMAIL: 'bench@example.org', GIT_COMMITTER_NAME: 'bench', GIT_COMMITTER_EMAIL: 'bench@example.org' };
const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...name };

/** Milliseconds a task, of the clock and of the processors. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** With process ids of its own, what a command leaves running is waited for and counted too. */
const isolate = can('unshare', ['--pid', '--fork', '--mount-proc', 'true']) ? ['unshare', '--pid', '--fork', '--mount-proc'] : [];
const counted = 'TIMEFORMAT="%R %U %S"; time "${@}"';
const reaping = '"${@}" </dev/null >/dev/null 2>&1; code=$?; while kill -0 -1 2>/dev/null; do sleep 0.01; done; exit $code';

function can(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a command, without its output, and measures it with all that it starts. */
async function measured(command: readonly string[], cwd: string, more: Readonly<Record<string, string>> = {}): Promise<Cost> {
  const { stderr } = await run('bash', ['-c', counted, 'bash', ...isolate, 'bash', '-c', reaping, 'bash', ...command], { cwd, env: { ...environment, ...more } });
  const [wall = NaN, user = NaN, system = NaN] = stderr.trim().split(/\s+/).slice(-3).map(Number);
  return { wall: (wall * 1000) / count, cpu: ((user + system) * 1000) / count };
}

async function repository(top: string): Promise<void> {
  mkdirSync(join(top, 'plans'), { recursive: true });
  await run('git', ['init', '-q', '-b', 'main'], { cwd: top, env: environment });
  writeFileSync(join(top, '.gitignore'), 'plans/\n');
  for (let file = 0; file < 100; file += 1) writeFileSync(join(top, `file-${file}.txt`), `${file}\n`);
  await run('git', ['add', '-A'], { cwd: top, env: environment });
  await run('git', ['commit', '-qm', 'start'], { cwd: top, env: environment });
}

function writeManifest(top: string, script: (plan: number, task: number) => string): void {
  const lines = ['version: 1', 'target: main', `limits: { tasks: ${slots} }`, 'plans:'];
  for (let plan = 0; plan < plans; plan += 1) {
    lines.push(`  P${plan}: { plan: p${plan}.md }`);
    const text = [`# P${plan}`, '', '## Phase 1: All [SEQUENTIAL]', ''];
    for (let task = 1; task <= tasks; task += 1) text.push(`- [ ] 1.${task} Task ${task}`, '  ```sh', `  ${script(plan, task)}`, '  ```');
    writeFileSync(join(top, 'plans', `p${plan}.md`), `${text.join('\n')}\n`);
  }
  writeFileSync(join(top, 'plans', 'm.yml'), `${lines.join('\n')}\n`);
}

async function ours(top: string, changes: boolean): Promise<Cost> {
  await repository(top);
  writeManifest(top, (plan, task) => (changes ? `echo ${task} > out-${plan}-${task}` : 'true'));
  const program = join(import.meta.dirname, '..', 'bin', 'plan.js');
  return measured([process.execPath, program, 'orchestrate-multi', 'plans/m.yml', '--quiet', '--mode', 'manual'], top);
}

/** What no runner of committed tasks can do without, by a bare Node; run as a program of its own (see `floorProgram`). */
async function floor(top: string, changes: boolean): Promise<Cost> {
  await repository(top);
  return measured([process.execPath, join(folder, 'floor.mjs'), String(plans), String(tasks), String(slots), String(changes)], top);
}

const floorProgram = `
import { spawn } from 'node:child_process';
const [plans, tasks, slots, changes] = process.argv.slice(2).map((word) => JSON.parse(word));
const run = (cwd, program, ...args) => new Promise((resolve) => spawn(program, args, { cwd, stdio: 'ignore' }).once('close', resolve));
const folder = (plan) => process.cwd() + '.worktrees/' + plan;
for (let plan = 0; plan < plans; plan += 1) await run('.', 'git', 'worktree', 'add', '-q', '--detach', folder(plan));
let next = 0;
const work = async () => {
  for (let plan = next++; plan < plans; plan = next++) {
    for (let task = 0; task < tasks; task += 1) {
      await run(folder(plan), 'sh', '-c', changes ? 'echo ' + task + ' > out-' + plan + '-' + task : 'true');
      await run(folder(plan), 'git', 'status', '--porcelain');
      if (!changes) continue;
      await run(folder(plan), 'git', 'add', '-A');
      await run(folder(plan), 'git', 'commit', '-qm', 'task');
      await run(folder(plan), 'git', 'update-ref', 'refs/heads/p' + plan, 'HEAD');
    }
  }
};
await Promise.all(Array.from({ length: slots }, work));
`;

/** Calls `step` for each task, with the one that it waits for. */
function eachTask(step: (task: string, before: string | undefined) => void): void {
  for (let plan = 0; plan < plans; plan += 1) {
    for (let task = 0; task < tasks; task += 1) step(`t${plan}-${task}`, task === 0 ? undefined : `t${plan}-${task - 1}`);
  }
}

/** Peers that are here, with how each runs the same chains once. */
async function peers(): Promise<ReadonlyMap<string, () => Promise<Cost>>> {
  const found = new Map<string, () => Promise<Cost>>();
  const all: string[] = [];
  const make: string[] = [];
  const ninja: string[] = ['rule run', '  command = sh -c true'];
  const scripts: Record<string, string> = {};
  const wireit: Record<string, object> = {};
  eachTask((task, before) => {
    all.push(task);
    make.push(`${task}: ${before ?? ''}`, '\t@sh -c true');
    ninja.push(`build ${task}: run${before === undefined ? '' : ` | ${before}`}`);
    scripts[task] = 'wireit';
    wireit[task] = { command: 'true', ...(before === undefined ? {} : { dependencies: [before] }) };
  });
  if (can('make', ['--version'])) {
    writeFileSync(join(folder, 'Makefile'), [`all: ${all.join(' ')}`, `.PHONY: all ${all.join(' ')}`, ...make, ''].join('\n'));
    found.set('make', () => measured(['make', '-j', String(slots), 'all'], folder));
  }
  if (can('ninja', ['--version'])) {
    writeFileSync(join(folder, 'build.ninja'), [...ninja, `build all: phony ${all.join(' ')}`, 'default all', ''].join('\n'));
    found.set('ninja', () => measured(['ninja', '-j', String(slots), '-d', 'nostatcache'], folder));
  }
  const home = join(folder, 'wireit');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module', scripts: { ...scripts, all: 'wireit' }, wireit: { ...wireit, all: { dependencies: all } } }));
  const installed = await run('npm', ['install', '--silent', '--no-audit', '--no-fund', 'wireit@0.14'], { cwd: home, env: { ...process.env, HOME: folder } }).then(
    () => true,
    () => false,
  );
  if (installed) found.set('wireit', () => measured(['npm', 'run', 'all'], home, { WIREIT_PARALLEL: String(slots), WIREIT_CACHE: 'none', WIREIT_LOGGER: 'quiet' }));
  return found;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** `spawn` is asked once so that its first use is not part of a measurement. */
const warm = (): Promise<void> => new Promise((resolve) => void spawn('true').once('close', () => resolve()));

try {
  await warm();
  writeFileSync(join(folder, 'floor.mjs'), floorProgram);
  const others = await peers();
  const costs = new Map<string, Cost[]>();
  const take = async (what: string, deed: () => Promise<Cost>): Promise<void> => {
    costs.set(what, [...(costs.get(what) ?? []), await deed()]);
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const changes of [false, true]) {
      const kind = changes ? 'committed' : 'no-op';
      await take(`floor ${kind}`, () => floor(join(folder, `floor-${kind}-${round}`), changes));
      await take(`plan ${kind}`, () => ours(join(folder, `ours-${kind}-${round}`), changes));
    }
    for (const [peer, deed] of others) await take(`${peer} no-op`, deed);
  }
  const middle = (what: string, of: keyof Cost): number => median((costs.get(what) ?? []).map((cost) => cost[of]));
  console.log(`${plans} plans x ${tasks} tasks, ${slots} at a time, median of ${rounds} rounds; milliseconds a task${isolate.length === 0 ? '; CPU without what nobody waited for' : ''}`);
  for (const what of costs.keys()) console.log(`${what.padEnd(16)} ${middle(what, 'wall').toFixed(1).padStart(6)} wall ${middle(what, 'cpu').toFixed(1).padStart(6)} CPU`);
  const ratio = (a: string, b: string, of: keyof Cost, goal: number): void => {
    const values = (costs.get(a) ?? []).map((cost, round) => cost[of] / ((costs.get(b) ?? [])[round]?.[of] ?? NaN));
    if (values.length === 0 || Number.isNaN(values[0])) return;
    const value = median(values);
    console.log(`${a} / ${b}, ${of}: ${value.toFixed(2)} (goal ${goal}${value <= goal ? '' : ', missed'}; ${values.map((each) => each.toFixed(2)).join(' ')})`);
  };
  ratio('plan no-op', 'floor no-op', 'wall', 1.5);
  ratio('plan committed', 'floor committed', 'wall', 1.5);
  ratio('plan no-op', 'wireit no-op', 'cpu', 1);
  ratio('plan no-op', 'wireit no-op', 'wall', 1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
