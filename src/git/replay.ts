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

export interface ReplayOptions {
  /** The parent of the commit that `onto` takes the place of: its change is what differs from there. The first when absent. */
  readonly base?: CommitId;
  /** Further parents of the new commit, as they are to be; those of the old one when absent. */
  readonly others?: readonly CommitId[];
}

/** Brings a commit's change onto another commit, in memory, as `cherry-pick` would: author, date and message kept. */
export async function replayCommit(
  repository: Repository,
  commit: Commit,
  onto: CommitId,
  options: ReplayOptions = {},
): Promise<Result<Replayed, TreeConflict>> {
  const base = options.base ?? commit.parents[0];
  assert(base !== undefined, `replay of a commit without a parent: ${commit.id}`);
  const others = options.others ?? commit.parents.filter((parent) => parent !== base);
  const merged = await mergeTrees(repository, onto, commit.id, { base });
  if (!merged.ok) return err(merged.error);
  const [ontoTree, baseTree] = await Promise.all([onto, base].map(async (id) => (await repository.objects.info(`${id}^{tree}`))?.id));
  const wasEmpty = baseTree === commit.tree;
  if (merged.value.tree === ontoTree && !wasEmpty && others.length === 0) return ok({ commit: onto, dropped: true });
  const replayed = await commitTree(repository, {
    tree: merged.value.tree,
    parents: [onto, ...others],
    message: commit.message,
    author: commit.author,
  });
  return ok({ commit: replayed, dropped: false });
}
