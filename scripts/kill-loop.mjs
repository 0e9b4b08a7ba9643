/**
 * Kills the built program again and again at random times, and starts it again until it ends: `node scripts/kill-loop.mjs [kills] [seed]`.
 *
 *   --scenario <name>   only this one (see kill-scenarios.mjs)
 *   --keep              leave the repository of the first life in which something was lost
 *
 * A life is one repository, killed up to twelve times: the orchestrator alone, with its group, with all that it started, an executor, a git, one of the
 * small shells that start them. Sometimes the orchestrator is stopped first: a second one must find the run taken. Sometimes somebody is only stopped
 * and goes on later: that must change nothing.
 * Half of the kills that follow a kill come early, while it recovers. Times are random, so a seed gives the same kinds of kills but not
 * the same places. Exit 1: something was lost; the sentences say what.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { checkEnd, targetTree } from './kill-checks.mjs';
import { scenarios } from './kill-scenarios.mjs';

const root = join(import.meta.dirname, '..');
const mostKillsInALife = 12;
const mostRounds = 40;
/** A run that takes longer than this hangs. */
const longestRun = 120_000;
/** Before this time the program is still being loaded. */
const earliest = 90;

/** Small and good enough: the same numbers from the same seed. */
function createChance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (limit) => Math.floor(next() * limit), pick: (list) => list[Math.floor(next() * list.length)] };
}

/** One repository with a home of its own, and the program. */
class Rig {
  constructor(program, scenario, name) {
    this.arguments = scenario.arguments ?? [];
    this.folder = mkdtempSync(join(tmpdir(), `kill-${name}-`));
    this.top = join(this.folder, 'repository');
    this.home = join(this.folder, 'home');
    this.program = program;
    this.marker = this.folder.slice(this.folder.lastIndexOf('/') + 1);
    for (const folder of [this.top, this.home, join(this.folder, 'tmp')]) mkdirSync(folder);
    writeFileSync(join(this.home, '.gitconfig'), '[user]\n\tname = Loop\n\temail = loop@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n');
    this.environment = { PATH: process.env.PATH, HOME: this.home, TMPDIR: join(this.folder, 'tmp'), LC_ALL: 'C', TZ: 'UTC', GIT_CONFIG_NOSYSTEM: '1', RIG_MARKER: this.marker };
    this.git('init', '-q');
    this.write({ 'README.md': 'start\n', '.gitignore': `plans/\n${scenario.ignored ?? ''}`, ...scenario.files });
    this.git('add', '--all');
    this.git('commit', '-qm', 'start');
    this.start = this.git('rev-parse', 'HEAD').stdout.trim();
    this.git('branch', 'kept-by-user');
    this.git('tag', 'kept-by-user');
    if (scenario.hook !== undefined) this.write({ '.git/hooks/pre-commit': { executable: scenario.hook } });
    this.write({ 'plans/manifest.yml': scenario.manifest, ...scenario.prepare });
    for (const [plan, text] of Object.entries(scenario.plans)) this.write({ [`plans/${plan}.md`]: text });
  }

  write(files) {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.top, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content.executable ?? content);
      if (content.executable !== undefined) chmodSync(file, 0o755);
    }
  }

  git(...args) {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: this.top, env: this.environment, encoding: 'utf8', maxBuffer: 2 ** 26 });
    return { code: status ?? 128, stdout, stderr };
  }

  /** Starts the main command; `ended` gives its exit code, or null when it was killed. */
  run() {
    const child = spawn(process.execPath, [this.program, 'orchestrate-multi', 'plans/manifest.yml', ...this.arguments], { cwd: this.top, env: this.environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output = (output + bytes).slice(-8000)));
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    return { child, ended, output: () => output };
  }

  /** Everything that this rig started and that is not a zombie. */
  processes() {
    const found = [];
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0');
        if (!environment.includes(`RIG_MARKER=${this.marker}`)) continue;
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
        found.push({ pid: Number(name), command, isTask: environment.some((one) => one.startsWith('PLAN_MARK=')), isGit: /^git |\/git /.test(command), isHelper: command.includes('plan-helper') });
      } catch {
        // It ended between the look at the folder and the look at it.
      }
    }
    return found;
  }

  remove() {
    for (const { pid } of this.processes()) signal(pid);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function signal(pid, name = 'SIGKILL') {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** A second orchestrator beside a stopped one must refuse, whatever the first has in hand. */
async function beside(rig, child) {
  if (!signal(child.pid, 'SIGSTOP')) return false;
  const second = rig.run();
  const code = await second.ended;
  signal(child.pid);
  // A stop that comes before the lock is taken leaves the run to the second one.
  if (code !== 2 && code !== 0) throw new Error(`beside a stopped orchestrator the second one ended with ${code}:\n${second.output()}`);
  return true;
}

/** Stopped for a while, as by a debugger or a laptop's lid. */
async function paused(found, chance) {
  if (found.length === 0) return false;
  const { pid } = chance.pick(found);
  if (!signal(pid, 'SIGSTOP')) return false;
  await pause(50 + chance.below(300));
  signal(pid, 'SIGCONT');
  return true;
}

/** What is killed: each gives whether it met somebody. */
const kills = {
  orchestrator: (rig, child) => signal(child.pid),
  group: (rig, child) => signal(-child.pid),
  everything: (rig, child) => signal(child.pid) && (rig.processes().forEach(({ pid }) => signal(pid)), true),
  'orchestrator and gits': (rig, child) => signal(child.pid) && (rig.processes().filter(({ isGit }) => isGit).forEach(({ pid }) => signal(pid)), true),
  executor: (rig, child, chance) => killOne(rig.processes().filter(({ isTask, isGit }) => isTask && !isGit), chance),
  helper: (rig, child, chance) => killOne(rig.processes().filter(({ isHelper }) => isHelper), chance),
  git: (rig, child, chance) => killOne(rig.processes().filter(({ isGit }) => isGit), chance),
  'stopped orchestrator': (rig, child) => beside(rig, child),
  pause: (rig, child, chance) => paused(rig.processes(), chance),
};
const deadly = ['orchestrator', 'orchestrator', 'group', 'everything', 'everything', 'orchestrator and gits', 'stopped orchestrator'];
const harmless = ['pause'];

function killOne(found, chance) {
  return found.length > 0 && signal(chance.pick(found).pid);
}

/** Plays one life to its end. `usual`: milliseconds of an undisturbed run. */
async function live(rig, chance, usual, budget) {
  const log = [];
  const counts = {};
  let dead = 0;
  const limit = 1 + chance.below(mostKillsInALife);
  for (let round = 0; round < mostRounds; round += 1) {
    const run = rig.run();
    const watchdog = setTimeout(() => rig.processes().forEach(({ pid }) => signal(pid)), longestRun);
    const reach = round === 0 ? usual * 1.1 : chance.next() < 0.5 ? Math.min(400, usual) : usual * 0.7;
    let disturbed = false;
    let lastKind = '';
    if (dead < Math.min(limit, budget)) {
      const kind = chance.next() < 0.25 ? chance.pick(['executor', 'git', 'helper', 'pause']) : chance.pick(deadly);
      lastKind = kind;
      const wait = earliest + chance.next() * reach;
      if ((await Promise.race([run.ended.then(() => 'ended'), pause(wait)])) !== 'ended') {
        for (let look = 0; look < 40 && !disturbed; look += 1) {
          disturbed = await kills[kind](rig, run.child, chance);
          if (disturbed || deadly.includes(kind) || run.child.exitCode !== null) break;
          // It was too short-lived to be met: the next one is.
          await pause(3);
        }
        if (disturbed) {
          if (!harmless.includes(kind)) dead += 1;
          counts[kind] = (counts[kind] ?? 0) + 1;
          log.push(`${kind} after ${Math.round(wait)} ms`);
        }
      }
    }
    const code = await run.ended;
    clearTimeout(watchdog);
    log.push(code === null ? 'killed' : `exit ${code}`);
    if (code === 0) return { dead, counts, log, problems: [], idle: run.output().includes('nothing to do') };
    // A killed executor, git or helper is a failed task or a refused plan: the same command goes on. Nothing else may fail.
    const excused = code === null || (disturbed && !harmless.includes(lastKind) && (code === 1 || code === 3));
    if (!excused) return { dead, counts, log, problems: [`it ended with ${code} though nothing was killed in that round:\n${run.output()}`] };
  }
  return { dead, counts, log, problems: [`it did not end within ${mostRounds} rounds`] };
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { scenario: { type: 'string' }, keep: { type: 'boolean', default: false } } });
const wanted = Number(positionals[0] ?? 100);
const seed = Number(positionals[1] ?? 1);
const names = values.scenario === undefined ? Object.keys(scenarios) : [values.scenario];

// A copy, so that a build meanwhile changes nothing; below node_modules, where its packages are found.
const copy = join(root, 'node_modules', '.kill-loop', String(process.pid));
mkdirSync(copy, { recursive: true });
for (const part of ['bin', 'dist', 'templates', 'package.json']) cpSync(join(root, part), join(copy, part), { recursive: true });
const program = join(copy, 'bin', 'plan.js');
const began = performance.now();
const total = { kills: 0, lives: 0, lost: 0, byKind: {} };
const known = new Map();
try {
  const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  console.log(`${wanted} kills, seed ${seed}, built from about ${commit}`);
  for (let life = 0; total.kills < wanted; life += 1) {
    const name = names[life % names.length];
    const scenario = scenarios[name];
    if (!known.has(name)) known.set(name, await undisturbed(name, scenario));
    const { tree, usual } = known.get(name);
    const rig = new Rig(program, scenario, name);
    const chance = createChance(seed * 100_003 + life);
    const { dead, counts, log, problems, idle } = await live(rig, chance, usual, wanted - total.kills);
    if (problems.length === 0) problems.push(...checkEnd(rig, scenario, tree, idle));
    total.kills += dead;
    total.lives += 1;
    for (const [kind, count] of Object.entries(counts)) total.byKind[kind] = (total.byKind[kind] ?? 0) + count;
    if (problems.length > 0) {
      total.lost += 1;
      console.log(`LOST in life ${life} (${name}): ${log.join(', ')}\n  ${problems.join('\n  ')}`);
      if (values.keep) {
        console.log(`kept: ${rig.folder}`);
        break;
      }
    }
    rig.remove();
    if (total.lives % 20 === 0) console.log(`${total.kills} kills in ${total.lives} lives, ${total.lost} lost something, ${Math.round((performance.now() - began) / 1000)} s`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
const kinds = Object.entries(total.byKind).map(([kind, count]) => `${kind} ${count}`);
console.log(`${total.kills} kills in ${total.lives} lives over ${names.length} scenarios (${kinds.join(', ')}); ${total.lost} lost something; ${Math.round((performance.now() - began) / 1000)} s`);
process.exitCode = total.lost > 0 ? 1 : 0;

/** How an undisturbed run ends, and how long it takes here. */
async function undisturbed(name, scenario) {
  const rig = new Rig(program, scenario, name);
  try {
    const at = performance.now();
    const run = rig.run();
    const code = await run.ended;
    const usual = performance.now() - at;
    const tree = targetTree(rig);
    const problems = code === 0 ? checkEnd(rig, scenario, tree) : [`exit ${code}:\n${run.output()}`];
    if (problems.length > 0) throw new Error(`${name}, undisturbed: ${problems.join('\n')}`);
    return { tree, usual };
  } finally {
    rig.remove();
  }
}
