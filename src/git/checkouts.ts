/** Which worktrees have a branch checked out, read from files: asked before every move of a branch, so it costs no process. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from './repository.js';
import { readEntry } from './worktree-link.js';
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
  if (!repository.bare && readHead(repository.commonDir) === head) {
    found.push({ path: repository.main ?? repository.commonDir, gitDir: repository.commonDir, ours: false });
  }
  const folder = join(repository.commonDir, 'worktrees');
  for (const id of await readdir(folder).catch(() => [])) {
    const gitDir = join(folder, id);
    if (detached.has(id) || readHead(gitDir) !== head) continue;
    const { path } = await readEntry(gitDir, id);
    if (path !== undefined) found.push({ path, gitDir, ours: (await readRecord(repository, path)) !== undefined });
  }
  return found;
}

/** At once, since there may be hundreds of them: waiting for a file takes ten times what reading a line of it takes. */
function readHead(gitDir: string): string {
  try {
    return readFileSync(join(gitDir, 'HEAD'), 'utf8').trim();
  } catch {
    return '';
  }
}
