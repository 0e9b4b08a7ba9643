/**
 * Worktrees of a large repository: `npm run bench -- worktrees [files] [count] [rounds]`. Making so many at once against plain
 * `git worktree add` one after another, and taking one of the pool again, for another commit, against making a new one.
 *
 * Goals: 1.05 x plain for making, none failing; 0.1 x a new one for taking one again. Rounds are interleaved; ratios within a round.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPlanDeeds } from '../src/git/plan-deeds.js';
import { openRepository } from '../src/git/repository.js';

const [files = 5000, count = 8, rounds = 3] = process.argv.slice(2).map(Number);
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'plan-bench-worktrees-')));
const top = path.join(folder, 'repository');
const environment: Record<string, string> = { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };

function git(args: readonly string[], input?: string): string {
  return execFileSync('git', args, { cwd: top, env: environment, encoding: 'utf8', stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], ...(input !== undefined && { input }) }).trim();
}

/** Two commits that differ in a few files, as two tasks of a plan do. */
function makeRepository(): void {
  mkdirSync(top, { recursive: true });
  git(['init', '-q', '-b', 'main']);
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const body = (index: number): string => `${`line of file ${index}\n`.repeat(40 + (index % 60))}`;
  let stream = `commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\n${data('start')}`;
  for (let index = 0; index < files; index += 1) stream += `M 100644 inline folder${index % 100}/file${index}.txt\n${data(body(index))}`;
  stream += `\ncommit refs/heads/main\ncommitter Bench <bench@example.com> 1700000001 +0000\n${data('next')}`;
  for (let index = 0; index < 5; index += 1) stream += `M 100644 inline folder${index}/file${index}.txt\n${data(`${body(index)}more\n`)}`;
  git(['fast-import', '--quiet', '--done'], `${stream}\ndone\n`);
  writeFileSync(path.join(folder, '.gitconfig'), '[user]\n\tname = Bench\n\temail = bench@example.com\n');
  git(['reset', '-q', '--hard', 'main']);
  git(['gc', '-q']);
}

async function milliseconds(deed: () => unknown): Promise<number> {
  const began = performance.now();
  await deed();
  return performance.now() - began;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const told = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(' ');

try {
  makeRepository();
  const opened = await openRepository(top, environment);
  if (!opened.ok) throw new Error(opened.error.message);
  const repository = opened.value;
  const deeds = createPlanDeeds(repository, { run: 'bench-1', copy: [] });
  const [older, newer] = [git(['rev-parse', 'main~1']), git(['rev-parse', 'main'])];
  const making: number[] = [];
  const taking: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const plainPath = (index: number): string => path.join(folder, `plain-${round}`, String(index));
    const slot = (index: number): { plan: string; slot: number; path: string } => ({ plan: 'A', slot: index, path: path.join(folder, `ours-${round}`, String(index)) });
    const plain = await milliseconds(() => {
      for (let index = 0; index < count; index += 1) git(['worktree', 'add', '--quiet', '--detach', plainPath(index), older]);
    });
    const prepare = async (index: number, commit: string): Promise<void> => {
      const prepared = await deeds.prepareWorktree(slot(index), commit);
      if (!prepared.ok) throw new Error(prepared.error.message);
    };
    const ours = await milliseconds(() => Promise.all(Array.from({ length: count }, (_, index) => prepare(index, older))));
    // Taken once so that its index is as old as in a pool that is in use.
    await prepare(0, older);
    const again = await milliseconds(() => prepare(0, newer));
    making.push(ours / plain);
    taking.push(again / (plain / count));
    for (let index = 0; index < count; index += 1) git(['worktree', 'remove', '--force', plainPath(index)]);
  }
  console.log(`${count} worktrees of ${files} files / plain one after another: ${median(making).toFixed(2)} (goal 1.05; ${told(making)})`);
  console.log(`one of the pool taken again / a new one: ${median(taking).toFixed(2)} (goal 0.1; ${told(taking)})`);
  deeds.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
