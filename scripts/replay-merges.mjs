/**
 * Lands every merge of a history by itself, in memory, with the product's own landing, and compares each tree with what git makes of
 * the same merge in a checkout, and with what the people of that history committed. `scripts/replay-history.mjs` prints it.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const top = join(import.meta.dirname, '..');

/** Drivers and filters that attributes of made histories name; those of others are taken as unknown, as in a fresh clone. */
const configuration = `[user]
	name = Replay
	email = replay@example.com
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
[merge "keep-ours"]
	driver = true
[merge "both"]
	driver = cat %B >> %A
[filter "upper"]
	clean = tr a-z A-Z
	smudge = tr A-Z a-z
`;

/**
 * Replays merges and gives a row for each: `{ commit, parents, real, git, product, same, why }`; `same` undefined: git itself came to
 * nothing. `git` and `product` are `{ tree }`, `{ conflict: files }` or `{ refused: words }`; for `rebase` also the `commits` made.
 */
export async function replayMerges(source, { strategy = 'merge', limit = Infinity, skip = 0, to = ['--all'], bare = false, onRow = () => undefined } = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plan-replay-')));
  const product = await loadProduct();
  try {
    const world = openWorld(folder, source, bare);
    const rows = [];
    const opened = await product.openRepository(world.repository, world.environment);
    if (!opened.ok) throw new Error(opened.error.message);
    for (const [commit, ...parents] of mergesOf(world, to, skip, limit)) {
      // One rebase takes one branch.
      if (strategy === 'rebase' && parents.length > 2) continue;
      const expected = strategy === 'rebase' ? rebasedByGit(world, parents) : mergedByGit(world, parents, strategy === 'squash');
      const landed = await landedByProduct(product, opened.value, world, strategy, parents);
      const real = world.git(world.repository, 'rev-parse', `${commit}^{tree}`);
      const row = { commit, parents, real, git: expected, product: landed, ...compare(expected, landed) };
      rows.push(row);
      onRow(row);
    }
    opened.value.close();
    return rows;
  } finally {
    await product.remove();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The parts of the product that are replayed, bundled as they stand in the sources. */
async function loadProduct() {
  mkdirSync(join(top, 'dist'), { recursive: true });
  const folder = await mkdtemp(join(top, 'dist', 'replay-'));
  const outfile = join(folder, 'product.mjs');
  const contents = "export { openRepository } from './src/git/repository.js';\nexport { prepareLanding } from './src/landing/prepare-landing.js';\n";
  await build({ stdin: { contents, resolveDir: top, loader: 'ts' }, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'error' });
  return { ...(await import(pathToFileURL(outfile).href)), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A repository that borrows the objects of `source`, which is only read, and a checkout in which git merges. */
function openWorld(folder, source, bare) {
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, '.gitconfig'), configuration);
  const environment = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_EDITOR: ':', LC_ALL: 'C', TZ: 'UTC', TMPDIR: tmpdir(), GIT_AUTHOR_DATE: '@1700000000 +0000', GIT_COMMITTER_DATE: '@1700000000 +0000' };
  const tryGit = (cwd, ...args) => spawnSync('git', args, { cwd, env: environment, encoding: 'utf8', maxBuffer: 1 << 29 });
  const git = (cwd, ...args) => {
    const { status, stdout, stderr } = tryGit(cwd, ...args);
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const from = git(source, 'rev-parse', '--path-format=absolute', '--git-common-dir');
  const repository = join(folder, 'repository');
  git(folder, 'init', '-q', ...(bare ? ['--bare'] : []), `--object-format=${git(source, 'rev-parse', '--show-object-format')}`, '-b', 'main', repository);
  const own = bare ? repository : join(repository, '.git');
  writeFileSync(join(own, 'objects', 'info', 'alternates'), `${join(from, 'objects')}\n`);
  if (existsSync(join(from, 'shallow'))) copyFileSync(join(from, 'shallow'), join(own, 'shallow'));
  const checkout = join(folder, 'checkout');
  git(repository, 'commit-tree', '-m', 'nothing', git(repository, 'hash-object', '-t', 'tree', '-w', '/dev/null'));
  git(repository, 'worktree', 'add', '-q', '--no-checkout', '--detach', checkout, git(source, 'rev-parse', 'HEAD'));
  return { repository, checkout, environment, git, tryGit, source, ours: new Map() };
}

function mergesOf({ git, source }, to, skip, limit) {
  const listed = git(source, 'rev-list', '--min-parents=2', '--topo-order', '--parents', ...to).split('\n').filter(Boolean);
  return listed.reverse().slice(skip, limit === Infinity ? undefined : skip + limit).map((line) => line.split(' '));
}

/** Puts the checkout at a commit, whatever was left in it. */
function goTo({ checkout, git, tryGit }, commit, dirty) {
  // git asserts on some conflicts that are no news to it in memory; its lock stays.
  if (dirty) rmSync(git(checkout, 'rev-parse', '--path-format=absolute', '--git-path', 'index.lock'), { force: true });
  tryGit(checkout, 'merge', '--abort');
  const moved = tryGit(checkout, 'reset', '-q', '--hard', commit);
  if (moved.status !== 0 || dirty) {
    git(checkout, 'clean', '-ffdxq');
    git(checkout, 'reset', '-q', '--hard', commit);
  }
}

/** Merges the other parents into the first, one after another, as plans land. */
function mergedByGit(world, [first, ...others], squash) {
  const { checkout, git, tryGit } = world;
  goTo(world, first, world.dirty);
  world.dirty = false;
  for (const other of others) {
    if (tryGit(checkout, 'merge-base', '--is-ancestor', other, 'HEAD').status === 0) continue;
    const merged = tryGit(checkout, 'merge', '-q', ...(squash ? ['--squash'] : ['--no-ff', '-m', 'land']), other);
    if (merged.status !== 0) {
      world.dirty = true;
      const files = unmerged(world);
      if (files.length > 0) return { conflict: asPaths(files, ['HEAD', other]) };
      if (/unrelated histories/.test(merged.stderr)) return { conflict: [] };
      // Files that differ from themselves by line endings or filters stop a merge in a checkout: in memory git tells.
      if (others.length === 1) return mergedInMemory(world, first, other) ?? { refused: merged.stderr.trim() };
      return { refused: merged.stderr.trim() };
    }
    if (squash) git(checkout, 'commit', '-q', '--allow-empty', '--no-verify', '-m', 'land');
  }
  return { tree: git(checkout, 'rev-parse', 'HEAD^{tree}') };
}

function mergedInMemory({ checkout, tryGit }, ours, theirs) {
  const merged = tryGit(checkout, 'merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs);
  if (merged.status > 1) return undefined;
  const [tree, ...files] = merged.stdout.split('\0').filter(Boolean);
  return merged.status === 0 ? { tree: tree.trim() } : { conflict: asPaths(files, [ours, theirs]) };
}

/** Rebases the second parent onto the first. A branch with merges may also come to what merging it gives: a rebase leaves its merges out. */
function rebasedByGit(world, [onto, head]) {
  const { checkout, git, tryGit } = world;
  const merges = git(checkout, 'rev-list', '--count', '--min-parents=2', `${onto}..${head}`) !== '0';
  const or = merges ? { or: mergedByGit(world, [onto, head], true) } : {};
  goTo(world, head, world.dirty);
  world.dirty = false;
  const rebased = tryGit(checkout, 'rebase', '-q', '--empty=drop', onto);
  if (rebased.status !== 0) {
    world.dirty = true;
    const files = unmerged(world);
    tryGit(checkout, 'rebase', '--quit');
    return files.length > 0 ? { conflict: asPaths(files, ['HEAD', '[0-9a-f]{7,} \\(.*\\)']), ...or } : { refused: rebased.stderr.trim(), ...or };
  }
  return { tree: git(checkout, 'rev-parse', 'HEAD^{tree}'), commits: summary(world, onto, git(checkout, 'rev-parse', 'HEAD')), ...or };
}

/** Authors, dates and subjects of what stands above a commit. */
function summary({ repository, git }, from, to) {
  return git(repository, 'log', '--topo-order', '--format=%an <%ae> %at %T %s', `${from}..${to}`).split('\n').filter(Boolean);
}

/** Where a file and a folder meet, git puts the file beside it, as `path~<its side>`. */
function asPaths(files, sides) {
  const end = new RegExp(`~(?:${sides.join('|')})(?:_\\d+)?$`);
  return [...new Set(files.map((file) => file.replace(end, '')))].sort();
}

function unmerged({ checkout, git }) {
  return [...new Set(git(checkout, 'diff', '--name-only', '--diff-filter=U', '-z').split('\0').filter(Boolean))].sort();
}

async function landedByProduct(product, repository, world, strategy, [onto, ...heads]) {
  const plans = heads.map((head, index) => ({ plan: `T${index + 1}`, head, branch: `topic/T${index + 1}`, title: `Topic ${index + 1}`, goal: '', restsOn: [] }));
  const request = { run: 'replay', target: 'main', onto, plans, keep: [], strategy, skipConflicts: false, hooks: false, landed: [] };
  const events = await product.prepareLanding(repository, request).catch((error) => [{ kind: 'landing.refused', failure: { message: String(error?.stack ?? error) } }]);
  const refused = events.find(({ kind }) => kind === 'landing.refused');
  if (refused !== undefined) return { refused: refused.failure.message };
  const conflict = events.find(({ kind }) => kind === 'landing.conflicted');
  if (conflict !== undefined) return { conflict: [...conflict.files] };
  const last = events.at(-1).chain.at(-1);
  return { tree: last.tree, ...(strategy === 'rebase' && { commits: summary(world, onto, last.commit) }) };
}

/** Whether both came to the same, and in a word why not. */
function compare(expected, landed) {
  // A checkout may refuse what memory does not: filters and line endings that make files differ from themselves.
  if (expected.refused !== undefined) return { same: undefined, why: 'git refuses in a checkout' };
  const why = difference(expected, landed);
  if (why === '' || (expected.or !== undefined && difference(expected.or, landed) === '')) return { same: true, why: '' };
  return { same: false, why: expected.or === undefined ? why : `${why}; a branch with merges, and merging it: ${difference(expected.or, landed)}` };
}

function difference(expected, landed) {
  const kind = (outcome) => ('tree' in outcome ? 'clean' : 'conflict' in outcome ? 'conflict' : 'refused');
  if (kind(expected) !== kind(landed)) return `git: ${kind(expected)}, plan: ${kind(landed)}`;
  if (expected.tree !== landed.tree) return 'other tree';
  if (JSON.stringify(expected.conflict) !== JSON.stringify(landed.conflict)) return 'other files in conflict';
  return expected.commits !== undefined && JSON.stringify(expected.commits) !== JSON.stringify(landed.commits) ? 'other commits' : '';
}
