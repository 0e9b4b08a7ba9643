/**
 * What a task costs beyond what it cannot do without: `npm run bench -- overhead [plans] [tasks]`.
 * The same run measures the floor: for each task one `sh -c` and one `git status` in a worktree, for each plan one worktree.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [plans = 100, tasks = 5] = process.argv.slice(2).map(Number);
const slots = 4;
const folder = mkdtempSync(join(tmpdir(), 'plan-overhead-'));
const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'bench', GIT_AUTHOR_EMAIL: 'bench@example.org', GIT_COMMITTER_NAME: 'bench', GIT_COMMITTER_EMAIL: 'bench@example.org' };

async function repository(name: string): Promise<string> {
  const top = join(folder, name);
  mkdirSync(join(top, 'plans'), { recursive: true });
  await run('git', ['init', '-q', '-b', 'main'], { cwd: top, env: environment });
  writeFileSync(join(top, '.gitignore'), 'plans/\n');
  for (let file = 0; file < 100; file += 1) writeFileSync(join(top, `file-${file}.txt`), `${file}\n`);
  await run('git', ['add', '-A'], { cwd: top, env: environment });
  await run('git', ['commit', '-qm', 'start'], { cwd: top, env: environment });
  return top;
}

function manifest(top: string, script: (plan: number, task: number) => string): void {
  const lines = ['version: 1', 'target: main', `limits: { tasks: ${slots} }`, 'plans:'];
  for (let plan = 0; plan < plans; plan += 1) {
    lines.push(`  P${plan}: { plan: p${plan}.md }`);
    const text = [`# P${plan}`, '', '## Phase 1: All [SEQUENTIAL]', ''];
    for (let task = 1; task <= tasks; task += 1) text.push(`- [ ] 1.${task} Task ${task}`, '  ```sh', `  ${script(plan, task)}`, '  ```');
    writeFileSync(join(top, 'plans', `p${plan}.md`), `${text.join('\n')}\n`);
  }
  writeFileSync(join(top, 'plans', 'm.yml'), `${lines.join('\n')}\n`);
}

async function timed(deed: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await deed();
  return performance.now() - began;
}

/** Runs jobs, so many at a time. */
async function pool(jobs: readonly (() => Promise<unknown>)[], size: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: size }, async () => {
      for (let job = jobs[next++]; job; job = jobs[next++]) await job();
    }),
  );
}

const spawned = (program: string, args: readonly string[], cwd: string): Promise<void> =>
  new Promise((resolve) => spawn(program, args, { cwd, env: environment, stdio: 'ignore' }).once('close', () => resolve()));

/** What no runner of committed tasks can do without. */
async function floor(changes: boolean): Promise<number> {
  const top = await repository(changes ? 'floor-changes' : 'floor');
  return timed(async () => {
    for (let plan = 0; plan < plans; plan += 1) await spawned('git', ['worktree', 'add', '-q', '--detach', join(folder, changes ? 'fc' : 'f', String(plan))], top);
    const chains = Array.from({ length: plans }, (_, plan) => async () => {
      const cwd = join(folder, changes ? 'fc' : 'f', String(plan));
      for (let task = 0; task < tasks; task += 1) {
        await spawned('sh', ['-c', changes ? `echo ${task} > out-${plan}-${task}` : 'true'], cwd);
        await spawned('git', ['status', '--porcelain'], cwd);
        if (!changes) continue;
        await spawned('git', ['add', '-A'], cwd);
        await spawned('git', ['commit', '-qm', 'task'], cwd);
        await spawned('git', ['update-ref', `refs/heads/p${plan}`, 'HEAD'], cwd);
      }
    });
    await pool(chains, slots);
  });
}

async function ours(changes: boolean): Promise<number> {
  const top = await repository(changes ? 'ours-changes' : 'ours');
  manifest(top, (plan, task) => (changes ? `echo ${task} > out-${plan}-${task}` : 'true'));
  return timed(() => spawned(process.execPath, [join(import.meta.dirname, '..', 'bin', 'plan.js'), 'orchestrate-multi', 'plans/m.yml', '--quiet', '--mode', 'manual'], top));
}

try {
  for (const changes of [false, true]) {
    const base = await floor(changes);
    const plan = await ours(changes);
    const count = plans * tasks;
    console.log(`${changes ? 'one changed file, committed' : 'no-op task'}: ${(plan / count).toFixed(1)} ms a task, floor ${(base / count).toFixed(1)} ms, ratio ${(plan / base).toFixed(2)} (${plans} plans x ${tasks} tasks, ${slots} at a time)`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
