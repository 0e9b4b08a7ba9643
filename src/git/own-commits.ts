/** The commits that an executor made itself, and carrying them over to another tip. */
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { CommitId } from '../model/ids.js';
import type { TreeConflict } from './merge.js';
import type { Commit } from './objects.js';
import { isAncestor } from './refs.js';
import { replayCommit } from './replay.js';
import type { Repository } from './repository.js';

/** More commits than this by one attempt are taken for bad output. */
const commitLimit = 1_000;

/** One step of the line from the start of an attempt to its end. */
export interface OwnCommit {
  readonly commit: Commit;
  /** The parent that the line comes from; others were merged in. */
  readonly before: CommitId;
}

/**
 * The line of commits from `base` to `head`, oldest first: along first parents, but for merges that were made the other way round.
 * What was merged in is not on it. An error says why `head` is no continuation of `base`.
 */
export async function ownCommits(repository: Repository, base: CommitId, head: CommitId): Promise<Result<readonly OwnCommit[], string>> {
  const line: OwnCommit[] = [];
  for (let at = head; at !== base;) {
    if (line.length >= commitLimit) return err(`HEAD is more than ${commitLimit} commits away from where the attempt started`);
    const commit = await repository.objects.commit(at);
    const before = commit === undefined ? undefined : await parentTowards(repository, commit, base);
    if (commit === undefined || before === undefined)
      return err('history was rewritten: HEAD no longer contains the commit that the attempt started on');
    line.push({ commit, before });
    at = before;
  }
  return ok(line.reverse());
}

/** The parent through which `base` is reached. A single one is followed on trust: a wrong way ends at a root. */
async function parentTowards(repository: Repository, commit: Commit, base: CommitId): Promise<CommitId | undefined> {
  if (commit.parents.length < 2) return commit.parents[0];
  for (const parent of commit.parents) if (await isAncestor(repository, base, parent)) return parent;
  return undefined;
}

/**
 * Brings a line of commits that rests on `base` onto `tip`, in memory; merges stay merges. Gives the commit that stands for the
 * line's end: that end itself where the tip is still the base.
 */
export async function replayOnto(
  repository: Repository,
  line: readonly OwnCommit[],
  base: CommitId,
  tip: CommitId,
): Promise<Result<CommitId, TreeConflict>> {
  if (tip === base) return ok(line.at(-1)?.commit.id ?? tip);
  let onto = tip;
  for (const { commit, before } of line) {
    const replayed = await replayCommit(repository, commit, onto, { base: before });
    if (!replayed.ok) return err(replayed.error);
    onto = replayed.value.commit;
  }
  return ok(onto);
}
