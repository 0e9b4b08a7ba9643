/** The same story in memory and on a real repository, by a real git: whatever differs is a fault of one of the two. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Entry } from '../../src/model/event.js';
import type { LifeEnd } from './life.js';
import { RealWorld } from './real-world.js';
import type { Draw } from './scenario.js';
import type { SimRepository, Tree } from './sim-git.js';
import { simulateSeed, type SeedReport } from './simulate-seed.js';

/** Plays the seed twice; rejects with the first thing that is not the same. */
export async function compareWithGit(draw: Draw, tell?: (line: string) => void): Promise<SeedReport> {
  const told: string[] = [];
  const simNames = new Names();
  let simEnd: string[] = [];
  const report = await simulateSeed(draw, {
    serial: true,
    observe: (what) => told.push(wordsOf(what, simNames)),
    atEnd: ({ repository }) => void (simEnd = standingOf(repository, simNames)),
  });
  const real = await RealWorld.create();
  const realNames = new Names();
  let at = 0;
  try {
    const again = await simulateSeed(draw, {
      real,
      tell,
      observe: (what) => same(`event ${at}`, told[at++], wordsOf(what, realNames)),
      atEnd: () => standingIn(real, realNames).forEach((line, index) => same('in the end', simEnd[index], line)),
    });
    same('the number of events', told.length, at);
    same('the report', JSON.stringify(report), JSON.stringify(again));
    return report;
  } finally {
    await real.cleanup();
  }
}

function same(what: string, simulated: unknown, real: unknown): void {
  if (simulated !== real) throw new Error(`${what}\n  simulated ${String(simulated)}\n  real      ${String(real)}`);
}

/** Numbers for ids of commits and trees, in the order in which they are first told of. */
class Names {
  private readonly known = new Map<string, string>();

  of(id: string): string {
    const name = this.known.get(id) ?? `#${this.known.size}`;
    this.known.set(id, name);
    return name;
  }

  /** Names of refs hold ids, or the beginnings of them. */
  in(text: string): string {
    return text.replace(/[0-9a-f]{40}|(?<=-)[0-9a-f]{12}$/g, (id) => (id.length === 40 ? this.of(id) : ([...this.known].find(([whole]) => whole.startsWith(id))?.[1] ?? '?')));
  }
}

/** An entry, or the end of a life, without ids, times and texts for people. */
function wordsOf(what: Entry | LifeEnd, names: Names): string {
  if (typeof what === 'string') return what;
  return `${what.seq} at ${what.at} ${names.in(JSON.stringify(plain(what.event)))}`;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !['note', 'message', 'hint', 'orchestration'].includes(key));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, plain(inner)]));
}

/** Refs with their files, and worktrees with what stands in them. */
function standing(refs: readonly (readonly [string, string])[], treeOf: (commit: string) => Tree, names: Names): string[] {
  return [...refs]
    .filter(([ref]) => ref.startsWith('refs/heads/') || ref.startsWith('refs/plan-runs/'))
    .map(([ref, commit]) => [names.in(ref), commit] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([ref, commit]) => `${ref} ${names.of(commit)} ${filesOf(treeOf(commit))}`);
}

function filesOf(tree: Tree): string {
  return JSON.stringify([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function standingOf(repository: SimRepository, names: Names): string[] {
  const refs = standing([...repository.refs], (commit) => repository.get(commit).tree, names);
  const remote = [...repository.remote].sort().map(([ref, commit]) => `remote ${ref} ${names.of(commit)}`);
  const worktrees = [...repository.worktrees].filter(([path]) => !path.includes('/-')).sort().map(([path, worktree]) => `${path.replace('/', ' ')} ${worktree.branch ?? ''} ${names.of(repository.headOf(worktree))} ${filesOf(worktree.files)}`);
  return [...refs, ...remote, ...worktrees];
}

function standingIn({ ground, rig }: RealWorld, names: Names): string[] {
  const pairs = (printed: string): (readonly [string, string])[] => printed.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ') as unknown as readonly [string, string]]));
  const format = '--format=%(refname) %(objectname)';
  const refs = standing(pairs(ground.git(['for-each-ref', format])), (commit) => ground.tree(commit), names);
  const remote = pairs(ground.git(['for-each-ref', format], { cwd: join(rig.folder, 'origin') })).sort().map(([ref, commit]) => `remote ${ref} ${names.of(commit)}`);
  const folder = join(rig.folder, 'worktrees');
  const found = readdirSync(folder, { withFileTypes: true }).map(({ name }) => /^([A-Z])(?:\.(\d+))?$/.exec(name)).filter((match) => match !== null);
  const worktrees = found.map(([name, plan, number]) => {
    const cwd = join(folder, name);
    const [branch = '', head = ''] = ground.headOf(cwd);
    return { path: `${plan ?? ''} ${number === undefined ? 0 : Number(number) - 1}`, rest: `${branch} ${names.of(head)} ${filesOf(readTree(cwd))}` };
  });
  return [...refs, ...remote, ...worktrees.sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, rest }) => `${path} ${rest}`)];
}

function readTree(folder: string): Tree {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile() && entry.name !== '.git');
  return new Map(files.map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(folder, file), readFileSync(file, 'utf8')]));
}
