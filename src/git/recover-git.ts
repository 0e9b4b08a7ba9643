/**
 * Putting a repository in order after the process that worked on it died: half-made worktrees, lock files that nobody holds,
 * entries that make git fail in the whole repository. Exactly these, and only where their owner is proved dead.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { livenessOf } from '../base/process-identity.js';
import type { ProcessIdentity } from '../base/process-identity.js';
import type { RunId } from '../model/ids.js';
import { removeAbandonedLock } from './abandoned-lock.js';
import { exists } from './files.js';
import { awaitGitsOf, canSeeProcesses, gitWorksIn } from './former-git.js';
import { runRefs } from './refs.js';
import type { Repository } from './repository.js';
import { withRepositoryLock } from './repository-lock.js';
import { clearEntries, dropEntry, isLockedByPerson, salvageUnfinished } from './worktree.js';
import { isUsableHead, listEntries, lookAt } from './worktree-link.js';
import { listRecords, removeHalfWritten, removeRecord } from './worktree-record.js';

export interface GitRecovery {
  /** Folders of worktrees whose making was cut off; they are made anew when needed. */
  readonly worktrees: readonly string[];
  /** Entries of worktrees that never became whole. */
  readonly entries: readonly string[];
  /** Lock files that were removed. */
  readonly locks: readonly string[];
  /** Lock files that are left, because somebody may hold them. */
  readonly held: readonly string[];
}

export interface Former {
  readonly run: RunId;
  /** The process that worked before; its gits are waited for. */
  readonly process?: ProcessIdentity;
  /** Short names of the branches that it moved. */
  readonly branches: readonly string[];
}

/** Repairs what a dead process left half done. Asked again, it finds nothing to do. */
export async function recoverRepository(repository: Repository, former: Former): Promise<GitRecovery> {
  if (former.process !== undefined && livenessOf(former.process) !== 'alive') await awaitGitsOf(former.process);
  return withRepositoryLock(repository, 'putting the repository in order', async () => {
    await removeHalfWritten(repository);
    const worktrees = await discardHalfMade(repository, former.run);
    const entries = await discardBrokenEntries(repository);
    const found = await lockFiles(repository, former.branches);
    const removed = await Promise.all(
      found.map(async (file) => [file, await removeAbandonedLock(file, await workFolders(repository))] as const),
    );
    return {
      worktrees,
      entries,
      locks: removed.filter(([, gone]) => gone).map(([file]) => file),
      held: removed.filter(([, gone]) => !gone).map(([file]) => file),
    };
  });
}

async function discardHalfMade(repository: Repository, run: RunId): Promise<string[]> {
  const discarded: string[] = [];
  for (const record of await listRecords(repository)) {
    if (record.state !== 'making' || livenessOf(record.owner) !== 'dead') continue;
    await awaitGitsOf(record.owner);
    const state = await lookAt(repository, record.path);
    if (state.kind === 'other') continue;
    if (state.kind === 'linked') await salvageUnfinished(repository, run, record, state.link);
    if ((await clearEntries(repository, run, record.path)) !== undefined) continue;
    if (state.kind === 'linked') await rm(record.path, { recursive: true, force: true });
    await removeRecord(repository, record.path);
    discarded.push(record.path);
  }
  return discarded;
}

/**
 * An early kill of `worktree add` leaves an entry that names no folder, or a null HEAD; then `gc` and `log --all` fail for
 * everybody. Such an entry is of use to nobody, once no git is at work that could still be making it.
 */
async function discardBrokenEntries(repository: Repository): Promise<string[]> {
  const broken = (await listEntries(repository)).filter((entry) => entry.path === undefined || !isUsableHead(entry.head));
  if (broken.length === 0 || !(await canSeeProcesses()) || (await gitWorksIn(await workFolders(repository)))) return [];
  const discarded: string[] = [];
  for (const entry of broken) {
    if (
      isLockedByPerson(entry) ||
      (entry.path !== undefined && (await exists(join(entry.path, '.git'))) && (await exists(join(entry.gitDir, 'index'))))
    )
      continue;
    await dropEntry(repository, entry);
    discarded.push(entry.id);
  }
  return discarded;
}

/** Lock files that a killed deed of ours can have left. */
async function lockFiles(repository: Repository, branches: readonly string[]): Promise<string[]> {
  const common = repository.commonDir;
  const records = new Set((await listRecords(repository)).map((record) => record.path));
  const ours = (await listEntries(repository)).filter((entry) => entry.path !== undefined && records.has(entry.path));
  const candidates = [
    ...['packed-refs.lock', 'config.lock'].map((name) => join(common, name)),
    ...branches.map((branch) => join(common, 'refs', 'heads', `${branch}.lock`)),
    ...ours.flatMap((entry) => ['index.lock', 'HEAD.lock', 'config.worktree.lock'].map((name) => join(entry.gitDir, name))),
    ...(await locksBelow(join(common, runRefs), 0)),
  ];
  const present = await Promise.all(candidates.map(exists));
  return candidates.filter((_file, index) => present[index] === true);
}

async function locksBelow(folder: string, depth: number): Promise<string[]> {
  if (depth > 12) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => locksBelow(join(folder, entry.name), depth + 1)),
  );
  return [
    ...entries.filter((entry) => entry.isFile() && entry.name.endsWith('.lock')).map((entry) => join(folder, entry.name)),
    ...nested.flat(),
  ];
}

/** Every folder that a git working on this repository could be in. */
async function workFolders(repository: Repository): Promise<string[]> {
  const entries = await listEntries(repository);
  return [repository.commonDir, repository.main, ...entries.map((entry) => entry.path)].filter((path) => path !== undefined);
}
