/**
 * What each stage gains in real runs, and how near they come to what no schedule can beat: `npm run bench -- speedup [scale] [bound]`.
 *
 * Tasks are sleeps whose lengths are known (and stated as estimates); `scale` makes each second of them shorter or longer; `bound` measures the second only. The
 * baseline is how people run plans by hand: one plan after another, phase by phase, five tasks side by side.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chance } from '../test/scheduler/random-plans.js';

const [scale = 1, only] = [Number(process.argv[2] ?? 1), process.argv[3]];
const folder = mkdtempSync(join(tmpdir(), 'plan-speedup-'));
const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'bench', GIT_AUTHOR_EMAIL: 'bench@example.org', GIT_COMMITTER_NAME: 'bench', GIT_COMMITTER_EMAIL: 'bench@example.org' };
const program = join(import.meta.dirname, '..', 'bin', 'plan.js');

interface Shape {
  readonly plans: number;
  readonly phases: number;
  readonly tasks: number;
  /** Each phase has a background VERIFY. Nobody states how long those take, so the bound is measured without. */
  readonly verifies: boolean;
}

/** Plans as teams write them: skewed lengths, many tasks say what they wait for, here or in the phase before, half of the phases begin before the last has ended. */
function planText(plan: number, { phases, tasks, verifies }: Shape): string {
  const dice = chance(plan + 1);
  const between = (least: number, most: number): number => least + dice.below(most - least + 1);
  const text = [`# Plan ${plan}`];
  for (let phase = 1; phase <= phases; phase += 1) {
    const begin = phase > 1 && dice.happens(0.5) ? ` (pipeline-start: when ${phase - 1}.${between(1, Math.ceil(tasks / 2))} completes)` : '';
    text.push('', `## Phase ${phase}: Part ${phase}${begin}`, '');
    for (let task = 1; task <= tasks; task += 1) {
      const seconds = dice.happens(0.2) ? between(4, 6) : between(1, 3);
      const within = task > 1 && dice.happens(0.3) ? `${phase}.${between(1, task - 1)}` : undefined;
      const before = phase > 1 && dice.happens(0.6) ? `${phase - 1}.${between(1, tasks)}` : undefined;
      const named = [before, within].filter((each) => each !== undefined).join(', ');
      const after = named === '' ? '' : ` (depends: ${named})`;
      text.push(`- [ ] ${phase}.${task} Part ${task}${after} (estimate: ${seconds}s)`, '  ```sh', `  sleep ${(seconds * scale).toFixed(2)}; echo ${task} > p${plan}-${phase}-${task}`, '  ```');
    }
    if (verifies) text.push('', `**VERIFY Phase ${phase} (non-blocking):**`, '```sh', `sleep ${(2 * scale).toFixed(2)}`, '```');
  }
  return `${text.join('\n')}\n`;
}

function repository(name: string, shape: Shape): string {
  const top = join(folder, name);
  mkdirSync(join(top, 'plans'), { recursive: true });
  const git = (...words: string[]): unknown => execFileSync('git', words, { cwd: top, env: environment });
  git('init', '-q', '-b', 'main');
  writeFileSync(join(top, '.gitignore'), 'plans/\n');
  git('add', '-A');
  git('commit', '-qm', 'start');
  const lines = ['version: 1', 'target: main', 'landing: { mode: manual }', 'plans:'];
  for (let plan = 0; plan < shape.plans; plan += 1) {
    // Every third plan builds on the first phase of the one before.
    lines.push(`  P${plan}: { plan: p${plan}.md${plan % 3 === 2 ? `, depends: [P${plan - 1}.phase1]` : ''} }`);
    writeFileSync(join(top, 'plans', `p${plan}.md`), planText(plan, shape));
  }
  writeFileSync(join(top, 'plans', 'm.yml'), `${lines.join('\n')}\n`);
  return top;
}

/** Seconds from the first attempt's start to the last event of work, as the journal has them. */
function makespan(name: string, shape: Shape, flags: readonly string[]): { readonly real: number; readonly bound: number; readonly predicted: number } {
  const top = repository(name, shape);
  const simulated = spawnSync(process.execPath, [program, 'simulate', 'plans/m.yml', '--json', ...flags], { cwd: top, env: environment, encoding: 'utf8', maxBuffer: 1 << 28 });
  const result = spawnSync(process.execPath, [program, 'orchestrate-multi', 'plans/m.yml', '--quiet', ...flags], { cwd: top, env: environment, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${name}: exit ${result.status}\n${result.stdout}${result.stderr}`);
  const runs = join(top, '.git', 'plan', 'runs');
  const journal = readFileSync(join(runs, readdirSync(runs).find((run) => run.startsWith('m-')) ?? '', 'journal.ndjson'), 'utf8');
  const events = journal.trim().split('\n').map((line) => JSON.parse(line) as { readonly at: number; readonly event: { readonly kind: string } });
  const of = (...kinds: readonly string[]): number[] => events.filter(({ event }) => kinds.includes(event.kind)).map(({ at }) => at);
  const real = (Math.max(...of('task.committed', 'verify.finished', 'attempt.finished')) - Math.min(...of('attempt.started'))) / 1000;
  const { lowerBoundSeconds, makespanSeconds } = JSON.parse(simulated.stdout) as { readonly lowerBoundSeconds: number; readonly makespanSeconds: number };
  return { real, bound: lowerBoundSeconds * scale, predicted: makespanSeconds * scale };
}

const off = ['--no-multi-plan-orchestration', '--no-task-dependency-graph', '--no-pipeline-phase-overlap', '--no-background-verify', '--no-radar'];
const stages: readonly (readonly [string, readonly string[]])[] = [
  ['phase by phase, 5 at once', [...off, '--tasks', '5']],
  ['+ dependencies', [...off.filter((flag) => !flag.includes('graph')), '--tasks', '5']],
  ['+ overlap, background verify', ['--no-multi-plan-orchestration', '--tasks', '5']],
  ['+ across plans', ['--tasks', '5']],
  ['+ 10 at once', ['--tasks', '10']],
];

try {
  for (const [title, shape] of only === 'bound' ? [] : ([
    ['three plans of 3 x 5 tasks', { plans: 3, phases: 3, tasks: 5, verifies: true }],
    ['six plans of 4 x 6 tasks', { plans: 6, phases: 4, tasks: 6, verifies: true }],
  ] satisfies [string, Shape][])) {
    let baseline: number | undefined;
    for (const [index, [name, flags]] of stages.entries()) {
      const { real } = makespan(`${shape.plans}-${index}`, shape, flags);
      baseline ??= real;
      console.log(`${title}, ${name.padEnd(29)} ${real.toFixed(1).padStart(6)} s  ${((1 - real / baseline) * 100).toFixed(0).padStart(3)} % less`);
    }
  }
  for (const slots of [2, 4, 8]) {
    const { real, bound, predicted } = makespan(`bound-${slots}`, { plans: 6, phases: 3, tasks: 6, verifies: false }, ['--tasks', String(slots)]);
    console.log(`${slots} at once: ${real.toFixed(1)} s, predicted ${predicted.toFixed(1)} s, lower bound ${bound.toFixed(1)} s, ratio ${(real / bound).toFixed(3)} (goal 1.08)`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
