/** Rebasing a branch in memory: its own commits, one after another, onto the ground. */

import { assert } from '../base/assert.js';
import { err, ok, type Result } from '../base/result.js';
import { git } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import type { CommitId } from '../model/ids.js';
import type { Candidate } from '../model/landing-event.js';
import type { OwnHistory, OwnWork } from './own-history.js';
import type { Ground, LandingSubject, StepConflict, StepTools } from './landing-step.js';
import { standingReverts } from './reapply.js';
import { emptyTree, treeOf } from './tree-of.js';

/** What a replay came to. */
export interface ReplayedBranch {
  /** The last commit's author and message; undefined: the ground holds every change already. */
  readonly last: { readonly author: string; readonly message: string } | undefined;
  /** Parent of that last commit. */
  readonly onto: CommitId;
  readonly tree: string;
  readonly resolved?: NonNullable<Candidate['resolved']>;
}

/** True when the branch already stands on the ground in one line: rebasing would change nothing. */
export function isPlainReplay(history: OwnHistory, own: OwnWork, ground: CommitId): boolean {
  return own.bases.length === 1 && own.bases[0] === ground && own.commits.every((commit) => history.parents(commit).length === 1);
}

/**
 * Replays what `git rebase` would; where the branch has merges whose content that loses, along its first parents instead.
 * `as-a-whole`: neither way keeps what a person settled in a merge; only merging the branch in one piece does.
 */
export async function replayOwn(tools: StepTools, ground: Ground, subject: LandingSubject, own: OwnWork): Promise<Result<ReplayedBranch | 'as-a-whole', StepConflict>> {
  const straight = await replay(tools, ground, subject, await pickable(tools.repository, ground, subject.head));
  const merges = own.commits.some((commit) => tools.history.parents(commit).length > 1);
  if (!merges) return straight;
  const whole = await tools.merge(ground.shadow, subject.head, subject);
  if (straight.ok && whole.ok && straight.value.tree === whole.value.tree) return straight;
  if (!whole.ok) return straight.ok ? straight : err(whole.error);
  const along = await replay(tools, ground, subject, firstParents(tools.history, subject.head));
  return along.ok && along.value.tree === whole.value.tree ? along : ok('as-a-whole');
}

/** Own commits in order, without merges and without those whose very change the ground has under another id; one that changes nothing says something else. */
async function pickable(repository: Repository, ground: Ground, head: CommitId): Promise<CommitId[]> {
  const args = ['rev-list', '--right-only', '--cherry-mark', '--no-merges', '--topo-order', '--reverse', `${ground.shadow}...${head}`];
  const lines = (await git(args, repository.place)).split('\n');
  // To replay a change that is there changes nothing; to leave one out that was taken back there would lose it.
  const isUndone = lines.some((line) => line.startsWith('=')) && (await wasTakenBack(repository, ground, head));
  const wanted: CommitId[] = [];
  for (const line of lines) {
    const id = line.slice(1);
    if (line.startsWith('+') || (line.startsWith('=') && (isUndone || (await changesNothing(repository, id))))) wanted.push(id);
  }
  return wanted;
}

/** True when some commit of the ground that makes the same change as one of the branch was reverted there. */
async function wasTakenBack(repository: Repository, ground: Ground, head: CommitId): Promise<boolean> {
  const named = new Set((await standingReverts(repository, head, ground.shadow)).map((revert) => revert.named));
  if (named.size === 0) return false;
  const printed = await git(['rev-list', '--left-only', '--cherry-mark', '--no-merges', `${ground.shadow}...${head}`], repository.place);
  return printed.split('\n').some((line) => line.startsWith('=') && named.has(line.slice(1)));
}

async function changesNothing(repository: Repository, id: CommitId): Promise<boolean> {
  const commit = await repository.objects.commit(id);
  return commit?.tree === (await repository.objects.info(`${id}^^{tree}`))?.id;
}

function firstParents(history: OwnHistory, head: CommitId): CommitId[] {
  const line: CommitId[] = [];
  for (let at: CommitId | undefined = head; at !== undefined && !history.holds(at); at = history.parents(at)[0]) line.push(at);
  return line.reverse();
}

async function replay(tools: StepTools, ground: Ground, subject: LandingSubject, ids: readonly CommitId[]): Promise<Result<ReplayedBranch, StepConflict>> {
  const { repository, writer } = tools;
  let at: { readonly tip: CommitId; readonly tree: string } = { tip: ground.published, tree: ground.tree };
  let last: ReplayedBranch['last'];
  let onto = ground.published;
  let resolved: ReplayedBranch['resolved'];
  for (const id of ids) {
    const commit = await repository.objects.commit(id);
    assert(commit, `no commit ${id}`);
    // What a root changed is all that it holds.
    const base = commit.parents[0] ?? writer.standIn(emptyTree(repository), []);
    // A commit of our tree whose only parent is the other's parent: merge-tree finds that parent as the base.
    const ours = writer.standIn(at.tree, [base]);
    const merged = await tools.merge(ours, commit.parents.length === 0 ? writer.standIn(commit.tree, [base]) : id, subject);
    if (!merged.ok) return err(merged.error);
    const { tree } = merged.value;
    const baseTree = await treeOf(repository, base);
    if (tree === at.tree && (baseTree !== commit.tree || commit.parents.length > 1)) continue;
    resolved = merged.value.resolved ?? resolved;
    onto = at.tip;
    last = { author: commit.author, message: commit.message };
    at = { tip: await writer.write({ tree, parents: [at.tip], message: commit.message, author: commit.author }), tree };
  }
  return ok({ last, onto, tree: at.tree, ...(resolved !== undefined && { resolved }) });
}
