/**
 * Landing many branches against `git merge` one after another in a checkout; the radar over the same branches; git processes of each.
 *
 *   npx esbuild bench/landing.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/bench-landing.mjs && node dist/bench-landing.mjs [branches] [files] [rounds]
 *
 * Ratios are of medians of rounds in one run: times of a shared machine mean nothing by themselves.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openRepository, type Repository } from '../src/git/repository.js';
import { advanceTarget } from '../src/landing/advance-target.js';
import type { LandingSubject } from '../src/landing/landing-step.js';
import { prepareLanding } from '../src/landing/prepare-landing.js';
import { Radar } from '../src/landing/radar.js';
import type { LandingSettings } from '../src/model/orchestration.js';

const [branches = 50, files = 300, rounds = 5] = process.argv.slice(2).map(Number);

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'plan-bench-landing-')));
const home = path.join(folder, 'home');
const top = path.join(folder, 'repository');
const countFile = path.join(folder, 'count');
const environment: Record<string, string> = { PATH: process.env['PATH'] ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };

function git(cwd: string, args: readonly string[], input?: string): string {
  return execFileSync('git', args, { cwd, env: environment, encoding: 'utf8', maxBuffer: 1 << 28, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], ...(input !== undefined && { input }) }).trim();
}

/** Every branch edits a few files of its own, adds one, and edits one line of a file that all share, far from the others' lines. */
function makeRepository(): void {
  for (const one of [home, top]) mkdirSync(one, { recursive: true });
  writeFileSync(path.join(home, '.gitconfig'), '[user]\n\tname = Bench\n\temail = bench@example.com\n[advice]\n\tdetachedHead = false\n');
  git(top, ['init', '-q', '-b', 'main']);
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const body = (name: string, edits: Readonly<Record<number, string>> = {}): string => Array.from({ length: 120 }, (_, line) => `${edits[line] ?? `line ${line} of ${name}`}\n`).join('');
  const shared = (edit?: number): string => Array.from({ length: branches * 8 }, (_, line) => `${line === edit ? `shared line ${line}, changed` : `shared line ${line}`}\n`).join('');
  const fileName = (index: number): string => `folder${index % 20}/file${index}.txt`;
  let stream = `commit refs/heads/main\nmark :1\ncommitter Bench <bench@example.com> 1700000000 +0000\n${data('start')}`;
  for (let index = 0; index < files; index += 1) stream += `M 100644 inline ${fileName(index)}\n${data(body(fileName(index)))}`;
  stream += `M 100644 inline shared.txt\n${data(shared())}\n`;
  for (let branch = 0; branch < branches; branch += 1) {
    for (let step = 0; step < 3; step += 1) {
      stream += `commit refs/heads/plan/p${branch}\ncommitter Bench <bench@example.com> ${1_700_000_100 + branch * 10 + step} +0000\n${data(`work ${branch}.${step}`)}`;
      if (step === 0) stream += 'from :1\n';
      const index = (branch * 3 + step) % files;
      stream += `M 100644 inline ${fileName(index)}\n${data(body(fileName(index), { [10 + (branch % 50) * 2]: `changed by ${branch}` }))}`;
      if (step === 1) stream += `M 100644 inline new/new${branch}.txt\n${data(body(`new${branch}`))}`;
      if (step === 2) stream += `M 100644 inline shared.txt\n${data(shared(branch * 8 + 4))}`;
      stream += '\n';
    }
  }
  git(top, ['fast-import', '--quiet', '--done'], `${stream}done\n`);
  git(top, ['reset', '-q', '--hard', 'main']);
  git(top, ['gc', '-q']);
}

const plans = (): LandingSubject[] =>
  Array.from({ length: branches }, (_, index) => ({ plan: `p${index}`, head: git(top, ['rev-parse', `plan/p${index}`]), branch: `plan/p${index}`, title: `Work ${index}`, goal: '', restsOn: [] }));

interface Cost {
  readonly wall: number;
  /** Of this process and its children that have ended; 0 where there is no /proc. */
  readonly cpu: number;
}

/** Milliseconds that the deed takes. */
async function timed(deed: () => unknown): Promise<Cost> {
  const [wall, cpu] = [performance.now(), cpuTime()];
  await deed();
  return { wall: performance.now() - wall, cpu: cpuTime() - cpu };
}

function cpuTime(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1').replace(/^.*\) /, '').split(' ');
    // user, system, and both of children, in hundredths of a second.
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * 10;
  } catch {
    return 0;
  }
}

function mergeLoop(env = environment): string {
  const checkout = path.join(folder, 'checkout');
  rmSync(checkout, { recursive: true, force: true });
  git(top, ['worktree', 'prune']);
  git(top, ['worktree', 'add', '-q', '--detach', checkout, 'main']);
  for (let index = 0; index < branches; index += 1) execFileSync('git', ['merge', '-q', '--no-ff', '-m', `land ${index}`, `plan/p${index}`], { cwd: checkout, env });
  return git(checkout, ['rev-parse', 'HEAD^{tree}']);
}

async function land(repository: Repository, subjects: readonly LandingSubject[], strategy: LandingSettings['strategy']): Promise<{ tree: string; commit: string; onto: string }> {
  const onto = git(top, ['rev-parse', 'main']);
  const last = (await prepareLanding(repository, { run: 'bench', target: 'main', onto, plans: subjects, keep: [], strategy, skipConflicts: false, hooks: true, landed: [] })).at(-1);
  if (last?.kind !== 'landing.prepared' || last.chain.length !== branches) throw new Error(`not prepared: ${JSON.stringify(last)}`);
  const end = last.chain.at(-1);
  return { tree: end?.tree ?? '', commit: end?.commit ?? '', onto };
}

/** A repository whose long-lived gits are ended afterwards. */
async function fresh<T>(use: (repository: Repository) => Promise<T>, env = environment): Promise<T> {
  const opened = await openRepository(top, env);
  if (!opened.ok) throw new Error(opened.error.message);
  try {
    return await use(opened.value);
  } finally {
    opened.value.close();
  }
}

/** Every git tells of its start, whoever started it. */
async function processes(deed: (env: Record<string, string>) => unknown): Promise<number> {
  writeFileSync(countFile, '');
  await deed({ ...environment, GIT_TRACE2_EVENT: countFile });
  return readFileSync(countFile, 'utf8').split('\n').filter((line) => line.includes('"event":"start"')).length;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function main(): Promise<void> {
  makeRepository();
  const subjects = plans();
  const tips = subjects.map(({ plan, head }) => ({ plan, commit: head }));
  const start = git(top, ['rev-parse', 'main']);
  const loop: Cost[] = [];
  const times: Record<string, Cost[]> = { merge: [], squash: [], rebase: [], 'merge and move': [], radar: [], 'radar again': [] };
  for (let round = 0; round < rounds; round += 1) {
    let expected = '';
    loop.push(await timed(() => { expected = mergeLoop(); }));
    for (const strategy of ['merge', 'squash', 'rebase'] as const) {
      await fresh(async (repository) => {
        let tree = '';
        times[strategy]?.push(await timed(async () => { ({ tree } = await land(repository, subjects, strategy)); }));
        if (tree !== expected) throw new Error(`${strategy}: another tree than git merge`);
      });
    }
    await fresh(async (repository) => {
      times['merge and move']?.push(await timed(async () => {
        const { commit, onto } = await land(repository, subjects, 'merge');
        const events = await advanceTarget(repository, { target: 'main', plans: ['p'], from: onto, to: commit, push: false });
        if (events[0]?.kind !== 'target.advanced') throw new Error(JSON.stringify(events));
      }));
    });
    git(top, ['reset', '-q', '--hard', start]);
    times['radar']?.push(await timed(async () => fresh(async (repository) => {
      const radar = new Radar(repository);
      await radar.sweep(start, tips);
      times['radar again']?.push(await timed(async () => radar.sweep(start, tips)));
    })));
  }
  const counts: Record<string, number> = { loop: await processes((env) => mergeLoop(env)) };
  for (const strategy of ['merge', 'squash', 'rebase'] as const) counts[strategy] = await processes((env) => fresh((repository) => land(repository, subjects, strategy), env));
  counts['radar'] = await processes((env) => fresh((repository) => new Radar(repository).sweep(start, tips), env));
  const base = median(loop.map((cost) => cost.wall));
  const baseCpu = median(loop.map((cost) => cost.cpu));
  console.log(`${branches} branches, ${files} files, ${rounds} rounds; git merge in a checkout: ${base.toFixed(0)} ms (${baseCpu.toFixed(0)} ms of processor), ${counts['loop']} git processes`);
  for (const [name, values] of Object.entries(times)) {
    const took = median(values.map((cost) => cost.wall));
    const cpu = median(values.map((cost) => cost.cpu));
    const count = counts[name] === undefined ? '' : `, ${counts[name]} git processes`;
    console.log(`${name.padEnd(16)} ${took.toFixed(0).padStart(6)} ms   ${(base / took).toFixed(1).padStart(6)} times as fast, ${(took / base).toFixed(3)} of it; processor ${(baseCpu / cpu).toFixed(1)} times less${count}`);
  }
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
