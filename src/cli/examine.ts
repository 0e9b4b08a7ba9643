/** What in a repository or machine would get in the way of a run: each finding says what, why it matters, and what mends it. */
import { readFile, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../base/text.js';
import { systemClock } from '../base/clock.js';
import { checkoutsOf } from '../git/checkouts.js';
import { tryGit, type GitPlace } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import { listEntries } from '../git/worktree-link.js';
import { listRecords } from '../git/worktree-record.js';
import { findLockOwner, findNamelessLock } from '../journal/run-lock.js';
import { executionOf, type Orchestration } from '../model/orchestration.js';
import { count, duration, printable } from '../status/printable.js';
import { commandWord } from '../status/run-command.js';
import { missingLogin } from './agent-login.js';

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly state: 'good' | 'warning' | 'bad';
  /** What was found. */
  readonly found: string;
  /** Why it matters, and the command or step that mends it; absent where all is well. */
  readonly why?: string;
  readonly mend?: string;
}

/** What is examined. */
export interface Examined {
  readonly repository: Repository;
  /** Top of the worktree that the command is given in. */
  readonly top: string;
  /** Where the worktrees would be. */
  readonly worktrees: string;
  /** The manifest that is meant; undefined: none was named. */
  readonly orchestration: Orchestration | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const good = (what: string, found: string): Finding => ({ what, state: 'good', found });
const warning = (what: string, found: string, why: string, mend: string): Finding => ({ what, state: 'warning', found, why, mend });
const bad = (what: string, found: string, why: string, mend: string): Finding => ({ what, state: 'bad', found, why, mend });

type Check = (examined: Examined) => Promise<readonly Finding[]>;

/** Looks at everything, in the order in which it is shown. A check that cannot look says so and stops nobody. */
export async function examine(examined: Examined): Promise<readonly Finding[]> {
  const checks: readonly (readonly [string, Check])[] = [
    ['git', gitItself],
    ['identity', identity],
    ['room', room],
    ['hooks', hooks],
    ['ignored files', ignoredFiles],
    ['submodules', submodules],
    ['lfs', lfs],
    ['names', names],
    ['watchers', watchers],
    ['open files', openFiles],
    ['clock', clock],
    ['locks', locks],
    ['worktrees', worktrees],
    ['executors', executors],
  ];
  const found: Finding[] = [];
  for (const [what, check] of checks) {
    found.push(...(await check(examined).catch((error: unknown): Finding[] => [warning(what, `could not be looked at: ${messageOf(error)}`, 'nothing is known about it', 'look at it by hand')])));
  }
  return found;
}

function placeOf({ repository, top }: Examined): GitPlace {
  return { cwd: top, environment: repository.environment };
}

async function config(examined: Examined, name: string): Promise<string> {
  return (await tryGit(['config', '--get', name], placeOf(examined))).stdout.trim();
}

async function gitItself({ repository }: Examined): Promise<readonly Finding[]> {
  const version = repository.version.join('.');
  const facts = [`git ${version}`, repository.bare ? 'bare' : '', repository.objectFormat === 'sha256' ? 'sha256' : ''].filter((word) => word !== '').join(', ');
  const findings = [good('git', facts)];
  if (repository.shallow) findings.push(warning('history', 'the clone is shallow', 'merges need the commits where branches parted; they may be cut off', 'git fetch --unshallow'));
  return Promise.resolve(findings);
}

async function identity(examined: Examined): Promise<readonly Finding[]> {
  const known = await tryGit(['var', 'GIT_COMMITTER_IDENT'], placeOf(examined));
  if (known.code !== 0) return [bad('identity', 'git does not know who commits', 'every task ends in a commit', 'git config user.name "…" && git config user.email "…"')];
  const findings = [good('identity', printable(known.stdout.replace(/ \d+ [+-]\d{4}\s*$/, '')))];
  const signs = (await config(examined, 'commit.gpgsign')) === 'true';
  if (signs) findings.push(warning('signing', 'commits are signed', 'a key that asks for a passphrase stops a run at night', 'let an agent hold the key, or git config commit.gpgsign false'));
  return findings;
}

async function room(examined: Examined): Promise<readonly Finding[]> {
  const folder = existing(examined.worktrees);
  const { bavail, bsize, ffree, files } = await statfs(folder);
  const tree = await tryGit(['ls-tree', '-r', '-l', '--full-tree', 'HEAD'], { ...placeOf(examined), outputLimit: 512 * 1024 * 1024 });
  const lines = tree.stdout.split('\n').filter((line) => line !== '');
  const bytes = lines.reduce((sum, line) => sum + (Number(line.split(/\s+/, 4)[3]) || 0), 0);
  const wanted = examined.orchestration === undefined ? 4 : examined.orchestration.plans.length * 2 + 1;
  const free = bavail * bsize;
  const words = `${bytesWords(free)} free for ${count(wanted, 'worktree')} of ${bytesWords(bytes)}`;
  const findings: Finding[] = [];
  const tight = free < bytes * wanted * 1.2 + 256 * 1024 * 1024;
  findings.push(tight ? bad('room', words, 'a full disk stops the run, though nothing is lost', `make room on the disk of ${folder}, or set defaults.worktrees to another`) : good('room', words));
  if (files > 0 && ffree < lines.length * wanted * 1.2) findings.push(bad('inodes', `${ffree} left for ${lines.length * wanted} files`, 'the file system holds no more files', `free some on the disk of ${folder}`));
  return findings;
}

function existing(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) if (existsSync(at) || at === path.dirname(at)) return at;
}

function bytesWords(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

async function hooks(examined: Examined): Promise<readonly Finding[]> {
  const where = await config(examined, 'core.hooksPath');
  if (where === '') return [good('hooks', 'in the repository itself')];
  if (path.isAbsolute(where) || where.startsWith('~')) return [good('hooks', printable(where))];
  const tracked = await tryGit(['ls-files', '--error-unmatch', '--', where], placeOf(examined));
  if (tracked.code === 0) return [good('hooks', `${printable(where)}, tracked`)];
  const mend = where.startsWith('.husky') ? 'defaults.setup: npx husky, or commit.hooks: false in the manifest' : `git config core.hooksPath "$(git rev-parse --show-toplevel)/${where}"`;
  return [warning('hooks', `core.hooksPath is ${printable(where)}, relative and not tracked`, 'a new worktree does not have that folder: hooks do not run there', mend)];
}

async function ignoredFiles(examined: Examined): Promise<readonly Finding[]> {
  if (examined.repository.bare) return [];
  const inTop = (await readdir(examined.top)).filter((name) => /^\.env(\.|$)|^\.npmrc$|^local\.|\.local$|^\.tool-versions$/.test(name));
  const copied = new Set(examined.orchestration?.settings.copy ?? []);
  const missing: string[] = [];
  for (const name of inTop) if (!copied.has(name) && (await tryGit(['check-ignore', '--quiet', '--', name], placeOf(examined))).code === 0) missing.push(name);
  const modules = existsSync(path.join(examined.top, 'node_modules')) && examined.orchestration?.settings.setup === undefined;
  const findings: Finding[] = [];
  if (missing.length > 0) findings.push(warning('ignored files', missing.map(printable).join(', '), 'they are not in a new worktree, and tasks may need them', `defaults: { copy: [${missing.map(printable).join(', ')}] }`));
  if (modules) findings.push(warning('packages', 'node_modules is here, and no setup is said', 'a new worktree has none', 'defaults: { setup: npm ci }'));
  return findings.length > 0 ? findings : [good('ignored files', 'none that a worktree would miss')];
}

async function submodules(examined: Examined): Promise<readonly Finding[]> {
  if (!existsSync(path.join(examined.top, '.gitmodules'))) return [];
  return Promise.resolve([warning('submodules', 'there are some', 'a new worktree has their folders empty', 'defaults: { setup: git submodule update --init --recursive }')]);
}

async function lfs(examined: Examined): Promise<readonly Finding[]> {
  const attributes = await readFile(path.join(examined.top, '.gitattributes'), 'utf8').catch(() => '');
  if (!/filter=lfs/.test(attributes)) return [];
  const there = (await tryGit(['lfs', 'version'], placeOf(examined))).code === 0;
  return [there ? good('lfs', 'in use, and installed') : bad('lfs', 'in use, and git-lfs is not installed', 'files come as pointers, and would be committed as such', 'install git-lfs, then git lfs install')];
}

async function names(examined: Examined): Promise<readonly Finding[]> {
  const listed = await tryGit(['ls-tree', '-r', '-z', '--name-only', '--full-tree', 'HEAD'], { ...placeOf(examined), outputLimit: 512 * 1024 * 1024 });
  const seen = new Map<string, string>();
  for (const name of listed.stdout.split('\0')) {
    const folded = name.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined && other !== name) return [warning('names', `${printable(other)} and ${printable(name)} differ by case only`, 'on file systems that ignore case one of them is always missing', `git mv ${printable(name)} another name`)];
    seen.set(folded, name);
  }
  return [good('names', 'none differ by case only')];
}

async function watchers(): Promise<readonly Finding[]> {
  const read = async (name: string): Promise<number> => Number(await readFile(`/proc/sys/fs/inotify/${name}`, 'utf8').catch(() => 'NaN'));
  const instances = await read('max_user_instances');
  if (Number.isNaN(instances)) return [];
  return instances < 64 ? [warning('watchers', `${instances} inotify instances a user`, 'requests are then noticed late, and dev servers in worktrees fail', 'sudo sysctl fs.inotify.max_user_instances=512')] : [good('watchers', `${instances} inotify instances`)];
}

async function openFiles({ orchestration }: Examined): Promise<readonly Finding[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const limit = Number(/Max open files\s+(\d+)/.exec(limits)?.[1] ?? 'NaN');
  if (Number.isNaN(limit)) return [];
  const wanted = 128 + 16 * (orchestration?.settings.limits.tasks ?? 8);
  return [limit < wanted ? warning('open files', `at most ${limit}`, `so many tasks at once want about ${wanted}`, `ulimit -n ${wanted * 2}`) : good('open files', `at most ${limit}`)];
}

/** A file system of another machine has that machine's time. */
async function clock({ repository }: Examined): Promise<readonly Finding[]> {
  const probe = path.join(repository.commonDir, `plan-clock-${process.pid}`);
  try {
    const before = systemClock.now();
    await writeFile(probe, '', { flag: 'wx' });
    const { mtimeMs } = await stat(probe);
    const after = systemClock.now();
    const off = mtimeMs < before - 2000 ? before - mtimeMs : mtimeMs > after + 2000 ? mtimeMs - after : 0;
    return [off > 0 ? warning('clock', `the file system is ${duration(off)} off`, 'ages of files and locks look wrong', 'set both clocks by NTP') : good('clock', 'as the file system’s')];
  } finally {
    await rm(probe, { force: true });
  }
}

async function locks({ repository }: Examined): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const common = ['index.lock', 'HEAD.lock', 'packed-refs.lock', 'config.lock', 'shallow.lock'].map((name) => path.join(repository.commonDir, name));
  const ofWorktrees = (await listEntries(repository)).flatMap(({ gitDir }) => ['index.lock', 'HEAD.lock'].map((name) => path.join(gitDir, name)));
  for (const file of [...common, ...ofWorktrees]) {
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) continue;
    findings.push(warning('locks', `${printable(file)} is ${duration(Math.max(0, systemClock.now() - found.mtimeMs))} old`, 'git refuses to write while it is there', `if no git runs: rm ${commandWord(file)}`));
  }
  const runs = path.join(repository.commonDir, 'plan', 'locks');
  for (const name of await readdir(runs).catch(() => [])) {
    const held = await findLockOwner(path.join(runs, name));
    const manifest = printable(name.replace(/-[0-9a-f]{8}$/, ''));
    if (held?.liveness === 'dead') findings.push(warning('locks', `the orchestrator of ${manifest} (process ${held.owner.pid}) ended without giving its lock back`, 'its run is not over', 'give the same command again: it goes on from there'));
    const nameless = held === undefined ? await findNamelessLock(path.join(runs, name)) : undefined;
    if (nameless !== undefined) findings.push(bad('locks', `the lock of ${manifest} does not say who holds it`, 'nobody can run it', `when you are sure that nothing works on it: rm -r ${commandWord(nameless)}`));
    if (held?.liveness === 'unknown') findings.push(warning('locks', `process ${held.owner.pid} of ${printable(held.owner.host)} holds the lock of ${manifest}`, 'whether it lives cannot be told from here, so nobody else may run it', `when it is surely gone: rm -r ${commandWord(path.join(runs, name))}`));
  }
  return findings.length > 0 ? findings : [good('locks', 'none left behind')];
}

async function worktrees(examined: Examined): Promise<readonly Finding[]> {
  const gone = (await listRecords(examined.repository)).filter(({ path: place }) => !existsSync(place));
  const prunable = (await tryGit(['worktree', 'list', '--porcelain'], placeOf(examined))).stdout.split('\n').filter((line) => line.startsWith('prunable')).length;
  const findings: Finding[] = [];
  if (gone.length > 0 || prunable > 0) findings.push(warning('worktrees', `${count(Math.max(gone.length, prunable), 'worktree')} whose folder is gone`, 'their branches count as checked out', 'git worktree prune, or plan clean --yes'));
  for (const { id, branch } of examined.orchestration?.plans ?? []) {
    for (const { path: place, ours } of await checkoutsOf(examined.repository, `refs/heads/${branch}`)) {
      if (!ours) findings.push(bad('branches', `${printable(branch)} of plan ${id} is checked out in ${printable(place)}`, 'its worktree could not stand on it', `git -C ${commandWord(place)} switch --detach`));
    }
  }
  return findings.length > 0 ? findings : [good('worktrees', 'none in the way')];
}

async function executors({ orchestration, environment }: Examined): Promise<readonly Finding[]> {
  if (orchestration === undefined) return [];
  const programs = new Map<string, string>();
  const agents = new Set<string>();
  for (const plan of orchestration.plans) {
    for (const node of [plan.id, ...plan.phases.flatMap((phase) => phase.tasks.map((task) => task.id))]) {
      const { executor } = executionOf(orchestration.settings, node);
      if (executor.kind === 'command' && executor.command[0] !== undefined) programs.set(executor.command[0], 'command');
      if (executor.kind === 'agent') {
        agents.add(executor.agent);
        const own = Array.isArray(executor.options['command']) ? (executor.options['command'] as readonly unknown[])[0] : undefined;
        programs.set(typeof own === 'string' ? own : (agentPrograms[executor.agent] ?? executor.agent), `agent ${executor.agent}`);
      }
    }
  }
  const findings = [...programs].map(([program, what]) => {
    const found = findProgram(program, environment['PATH'] ?? '');
    return found === undefined ? bad('executors', `${printable(program)} (${printable(what)}) is not in PATH`, 'its tasks could not start', `install it, and log in with it once`) : good('executors', `${printable(what)}: ${printable(found)}`);
  });
  for (const agent of agents) {
    const login = missingLogin(agent, environment, process.platform);
    if (login !== undefined) findings.push(warning('executors', `no sign of a login of ${printable(agent)}`, 'each of its tasks would end at once', login));
  }
  return Promise.resolve(findings);
}

/** Agents whose program is called otherwise. */
const agentPrograms: Readonly<Record<string, string>> = { cursor: 'cursor-agent' };

function findProgram(program: string, folders: string): string | undefined {
  if (program.includes('/')) return existsSync(program) ? program : undefined;
  return folders
    .split(path.delimiter)
    .map((folder) => path.join(folder, program))
    .find((file) => existsSync(file));
}
