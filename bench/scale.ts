/**
 * What large orchestrations cost the core: `npm run bench -- scale [slots]`. A whole run in virtual time, decided and folded by the
 * same functions as a real one, of 1,000, 10,000 and 100,000 tasks in plans of 100; and what a command with nothing to do costs
 * after a finished run, as a ratio to `node -e 0` in the same run.
 *
 * Goals: 100,000 tasks within 2 s, the decisions alone within 0.3 s; a task at 100,000 at most 1.2 x one at 10,000; at most 100 MB for
 * 10,000 tasks; nothing to do among 1,000 and 10,000 tasks 3 x and 4 x `node -e 0`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runVirtually } from '../src/engine/simulate-run.js';
import { decide } from '../src/scheduler/decide.js';
import { apply, emptyState } from '../src/state/apply.js';
import type { Event } from '../src/model/event.js';
import { chance } from '../test/scheduler/random-plans.js';
import { sample, type SamplePlan } from '../test/scheduler/sample.js';

const slots = Number(process.argv[2] ?? 64);
const perPlan = 100;

/** Plans of ten phases of ten tasks; each task needs up to three of the phase before, some plans need another. */
function plansOf(count: number): readonly SamplePlan[] {
  const dice = chance(count);
  return Array.from({ length: count / perPlan }, (_, plan) => ({
    id: `P${plan}`,
    priority: 25 * (1 + dice.below(4)),
    ...(plan > 0 && dice.happens(0.2) && { depends: [`P${dice.below(plan)}`] }),
    phases: Array.from({ length: 10 }, (_unused, phase) => ({
      tasks: Array.from({ length: 10 }, (_none, task) => ({
        id: `${phase + 1}.${task + 1}`,
        seconds: 1 + dice.below(600),
        ...(phase > 0 && { after: [...new Set(Array.from({ length: 1 + dice.below(3) }, () => `${phase}.${1 + dice.below(10)}`))] }),
      })),
    })),
  }));
}

const idle: ReadonlySet<string> = new Set();
const best = (times: number, deed: () => void): number => Math.min(...Array.from({ length: times }, () => milliseconds(deed)));

function milliseconds(deed: () => void): number {
  const began = performance.now();
  deed();
  return performance.now() - began;
}

function virtual(count: number): number {
  const { orchestration, graph } = sample(plansOf(count), { limits: { tasks: slots }, perPlan: 4 });
  const limits = { tasks: slots, plans: orchestration.plans.length };
  const events: { readonly event: Event; readonly at: number }[] = [];
  let asked = 0;
  const whole = best(3, () => {
    asked = runVirtually(orchestration, graph, { limits }).asked;
  });
  // The same run once more, each answer asked for in a stretch of its own that is timed.
  let decisions = 0;
  runVirtually(orchestration, graph, {
    limits,
    observe: (event, _state, at) => events.push({ event, at }),
    decided: (_answer, state, now) => {
      const began = performance.now();
      decide(state, limits, now, idle);
      decisions += performance.now() - began;
    },
  });
  const fold = best(3, () => {
    const state = emptyState(orchestration, graph);
    events.forEach(({ event, at }, seq) => apply(state, { seq, at, event }));
  });
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const state = emptyState(orchestration, graph);
  events.forEach(({ event, at }, seq) => apply(state, { seq, at, event }));
  globalThis.gc?.();
  const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;
  console.log(
    `${count} tasks: whole run ${whole.toFixed(0)} ms, ${((whole * 1000) / count).toFixed(1)} us a task; ${asked} decisions ${decisions.toFixed(0)} ms; ${events.length} events folded in ${fold.toFixed(0)} ms; state ${megabytes.toFixed(1)} MB`,
  );
  return whole / count;
}

const folder = mkdtempSync(path.join(tmpdir(), 'plan-scale-'));
const environment = { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'b', GIT_AUTHOR_EMAIL: 'b', GIT_COMMITTER_NAME: 'b', GIT_COMMITTER_EMAIL: 'b' };

function call(cwd: string, program: string, ...args: readonly string[]): number {
  return milliseconds(() => {
    const { status, stderr } = spawnSync(program, args, { cwd, env: environment, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  });
}

/** A finished run of so many tasks (ticked ones: they are read, folded and compared like any others), asked to go on. */
function nothingToDo(count: number, goal: number): void {
  const top = path.join(folder, String(count));
  const plan = path.resolve('bin/plan.js');
  spawnSync('git', ['init', '--quiet', '--initial-branch=main', top], { env: environment });
  const names = Array.from({ length: count / perPlan }, (_, index) => `p${index}`);
  for (const name of names) {
    const tasks = Array.from({ length: perPlan }, (_, task) => `- [x] 1.${task + 1} Task ${task + 1}\n`);
    writeFileSync(path.join(top, `${name}.md`), `# ${name}\n\n## Phase 1: One\n\n${tasks.join('')}- [ ] 1.${perPlan + 1} Last\n  \`\`\`sh\n  true\n  \`\`\`\n`);
  }
  writeFileSync(path.join(top, 'm.yml'), `version: 1\ntarget: main\nplans:\n${names.map((name) => `  ${name}: { plan: ${name}.md }\n`).join('')}`);
  call(top, 'git', 'add', '--all');
  call(top, 'git', 'commit', '--quiet', '--message', 'start');
  call(top, process.execPath, plan, 'orchestrate-multi', 'm.yml', '--quiet');
  const ratios = Array.from({ length: 7 }, () => {
    const zero = call(top, process.execPath, '-e', '0');
    return call(top, process.execPath, plan, 'orchestrate-multi', 'm.yml', '--quiet') / zero;
  }).sort((a, b) => a - b);
  const ratio = ratios[3] as number;
  console.log(`nothing to do among ${count} tasks: ${ratio.toFixed(2)} x node -e 0 (goal ${goal}${ratio <= goal ? '' : ', missed'})`);
}

try {
  virtual(1_000);
  const ten = virtual(10_000);
  const hundred = virtual(100_000);
  console.log(`a task at 100,000 / a task at 10,000: ${(hundred / ten).toFixed(2)} (goal 1.2)`);
  nothingToDo(1_000, 3);
  nothingToDo(10_000, 4);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
