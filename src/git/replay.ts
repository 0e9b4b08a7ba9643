/** Carrying commits over to another parent, in memory. */
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import { assert } from '../base/assert.js';
import type { CommitId } from '../model/ids.js';
import { commitTree } from './commit.js';
import { mergeTrees } from './merge.js';
import type { TreeConflict } from './merge.js';
import type { Commit } from './objects.js';
import type { Repository } from './repository.js';

/** What carrying a commit over gave. */
export interface Replayed {
  readonly commit: CommitId;
  /** Its change was on the new parent already: `commit` is that parent. */
  readonly dropped: boolean;
}

/**
 * Brings a commit's change (against its first parent) onto another commit, in memory, as `cherry-pick` would: author, date and
 * message kept. `onto` replaces the first parent; further parents (of a merge) are given in `others`, as they are to be.
 */
export async function replayCommit(repository: Repository, commit: Commit, onto: CommitId, others: readonly CommitId[] = commit.parents.slice(1)): Promise<Result<Replayed, TreeConflict>> {
  const base = commit.parents[0];
  assert(base !== undefined, `replay of a commit without a parent: ${commit.id}`);
  const merged = await mergeTrees(repository, onto, commit.id, { base });
  if (!merged.ok) return err(merged.error);
  const ontoTree = (await repository.objects.info(`${onto}^{tree}`))?.id;
  const baseTree = (await repository.objects.info(`${base}^{tree}`))?.id;
  const wasEmpty = baseTree === commit.tree;
  if (merged.value.tree === ontoTree && !wasEmpty && others.length === 0) return ok({ commit: onto, dropped: true });
  const replayed = await commitTree(repository, { tree: merged.value.tree, parents: [onto, ...others], message: commit.message, author: commit.author });
  return ok({ commit: replayed, dropped: false });
}
