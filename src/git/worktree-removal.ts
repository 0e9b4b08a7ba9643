/** Removing worktrees of ours: only where everything in them is proved to be kept elsewhere. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import { removeAbandonedLock } from './abandoned-lock.js';
import { takenAs } from './attempt.js';
import { doom, removeDoomed } from './doomed-folder.js';
import { exists } from './files.js';
import { tryGit } from './git.js';
import { gitFolderState, treeStatus } from './inspect.js';
import type { Repository } from './repository.js';
import { withRepositoryLock } from './repository-lock.js';
import { dropEntry } from './worktree.js';
import { listEntries, lookAt, worktreePlace } from './worktree-link.js';
import type { WorktreeLink } from './worktree-link.js';
import { readRecord, removeRecord } from './worktree-record.js';

/** Why a worktree cannot be removed yet; undefined: all that it holds is kept elsewhere, but for ignored files. */
export async function reasonToKeep(repository: Repository, path: string): Promise<Failure | undefined> {
  if ((await readRecord(repository, path)) === undefined) return keep(path, 'it was not made by plan');
  const state = await lookAt(repository, path);
  if (state.kind === 'absent' || state.kind === 'empty') return undefined;
  if (state.kind === 'other') return keep(path, 'it is no worktree of this repository any more');
  const { link } = state;
  const entry = (await listEntries(repository)).find(({ id }) => id === link.id);
  if (entry?.locked !== undefined && entry.locked !== 'initializing')
    return keep(path, `it is locked: ${entry.locked || 'no reason given'}`);
  const status = await treeStatus(worktreePlace(repository, link));
  if (status.dirty) return keep(path, 'it has changes that are not committed');
  if (status.openSubmodules.length > 0) return keep(path, `a submodule has changes that are not committed: ${status.openSubmodules[0]}`);
  if ((await gitFolderState(link.gitDir)).unfinished !== undefined) return keep(path, 'a merge or rebase was begun in it');
  // Commits that were carried over to a tip that had moved are on the branch as others.
  const held = (await takenAs(link, status.head)) ?? status.head;
  if (held !== '' && !(await isReachable(repository, held)))
    return keep(path, 'no branch holds the commit that is checked out');
  return (await hasOwnSubmoduleCommits(repository, link)) ? keep(path, 'a submodule in it has commits that no remote has') : undefined;
}

/** Removes a worktree that `reasonToKeep` has nothing against; what it says else is given back. One that is gone already is fine. */
export async function removeWorktree(repository: Repository, path: string): Promise<Result<void, Failure>> {
  return withRepositoryLock(repository, `removing the worktree ${path}`, async () => {
    const reason = await reasonToKeep(repository, path);
    if (reason !== undefined) return err(reason);
    const entries = (await listEntries(repository)).filter((entry) => entry.path === path);
    for (const entry of entries) await removeAbandonedLock(join(entry.gitDir, 'index.lock'), [path, entry.gitDir]);
    await doom(path);
    for (const entry of entries) await dropEntry(repository, entry);
    await removeDoomed(path);
    await removeRecord(repository, path);
    return ok(undefined);
  });
}

/** True when some ref leads to the commit. */
async function isReachable(repository: Repository, commit: string): Promise<boolean> {
  const result = await tryGit(['for-each-ref', '--count=1', '--format=%(refname)', '--contains', commit, 'refs/'], repository.place);
  return result.code === 0 && result.stdout.trim() !== '';
}

/** Submodules that were set up here live in the worktree's own git folder and go with it. */
async function hasOwnSubmoduleCommits(repository: Repository, link: WorktreeLink): Promise<boolean> {
  for (const gitDir of await submoduleFolders(join(link.gitDir, 'modules'), 0)) {
    const result = await tryGit(['rev-list', '--max-count=1', '--all', 'HEAD', '--not', '--remotes'], {
      cwd: gitDir,
      gitDir,
      environment: repository.environment,
    });
    if (result.code !== 0 || result.stdout.trim() !== '') return true;
  }
  return false;
}

/** Git folders of submodules: their names may hold slashes. */
async function submoduleFolders(folder: string, depth: number): Promise<string[]> {
  if (depth > 8) return [];
  if (await exists(join(folder, 'HEAD'))) return [folder, ...(await submoduleFolders(join(folder, 'modules'), depth + 1))];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => submoduleFolders(join(folder, entry.name), depth + 1)),
  );
  return nested.flat();
}

function keep(path: string, why: string): Failure {
  return { kind: 'person', code: 'worktree-kept', message: `${path} stays: ${why}` };
}
