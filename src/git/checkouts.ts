/** Which worktrees have a branch checked out, read from files: asked before every move of a branch, so it costs no process. */
import { basename, join } from 'node:path';
import type { Repository } from './repository.js';
import { entryFolders, lineOf, readEntry } from './worktree-link.js';
import { readRecord } from './worktree-record.js';

/** A worktree whose HEAD is attached to a branch. */
export interface Checkout {
  /** Its folder; the repository's own for the main worktree. */
  readonly path: string;
  readonly gitDir: string;
  /** True when we made the worktree. */
  readonly ours: boolean;
}

/** The worktrees that have this ref checked out, the main one first. `detached`: entries known to have none, which are not looked at. */
export async function checkoutsOf(repository: Repository, ref: string, detached: ReadonlySet<string> = new Set()): Promise<Checkout[]> {
  const head = `ref: ${ref}`;
  const found: Checkout[] = [];
  if (!repository.bare && lineOf(join(repository.commonDir, 'HEAD')) === head) {
    found.push({ path: repository.main ?? repository.commonDir, gitDir: repository.commonDir, ours: false });
  }
  for (const gitDir of await entryFolders(repository)) {
    const id = basename(gitDir);
    if (detached.has(id) || lineOf(join(gitDir, 'HEAD')) !== head) continue;
    const { path } = await readEntry(gitDir, id);
    if (path !== undefined) found.push({ path, gitDir, ours: (await readRecord(repository, path)) !== undefined });
  }
  return found;
}
