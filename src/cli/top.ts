import type { Repository } from '../git/repository.js';
import { listRecords } from '../git/worktree-record.js';

/**
 * The folder that paths of manifests and plans are relative to: the top of the worktree that the command is given in,
 * the main worktree's where that is one of ours (or none), the repository itself where it is bare.
 */
export async function topOf(repository: Repository): Promise<string> {
  const { worktree } = repository;
  if (worktree === undefined) return repository.main ?? repository.commonDir;
  if (worktree === repository.main) return worktree;
  const ours = (await listRecords(repository)).some((record) => record.path === worktree);
  return ours ? (repository.main ?? repository.commonDir) : worktree;
}
