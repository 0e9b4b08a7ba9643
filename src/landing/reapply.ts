/** Landing again what was taken back by a revert: by ancestry the target still holds it, so merging the branch once more would change nothing. */

import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import { assert } from '../base/assert.js';
import { shellWord } from '../base/text.js';
import { commitMessage } from '../git/commit.js';
import { git } from '../git/git.js';
import { isAncestor } from '../git/refs.js';
import type { Commit } from '../git/objects.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import { subjectOf } from './landing-message.js';
import type { Ground, LandingSubject, MergedTree, StepConflict, StepTools } from './landing-step.js';
import { treeOf } from './tree-of.js';

/** Landings of a plan that were taken back. */
export interface TakenBack {
  /** The commits that revert them: `whole`, in the order in which what they reverted was landed; else the newest first. */
  readonly by: readonly [CommitId, ...CommitId[]];
  /** True when they were merged as a whole, so that reverting the reverts brings all of it back; else they name the branch's own commits. */
  readonly whole: boolean;
}

/** A commit that says that it reverts another. */
interface Revert {
  readonly by: CommitId;
  readonly named: CommitId;
  /** True when we made it, to take back a landing. */
  readonly ours: boolean;
}

/** What `tip` holds and `head` does not of reverts, the newest first, without those that were reverted themselves. */
export async function standingReverts(repository: Repository, head: CommitId, tip: CommitId): Promise<readonly Revert[]> {
  const log = await git(['log', '--grep=^This reverts commit', '--format=%x01%H%x02%b', `${head}..${tip}`], repository.place);
  const undone = new Set<string>();
  const standing: Revert[] = [];
  for (const record of log.split('\x01').slice(1)) {
    const [by = '', body = ''] = record.split('\x02');
    const named = /^This reverts commit ([0-9a-f]{40,64})\b/m.exec(body)?.[1] ?? '';
    // Newest first: what reverts a revert is seen before it.
    if (undone.has(by)) continue;
    undone.add(named);
    standing.push({ by, named, ours: /^Plan-Run: /m.test(body) });
  }
  return standing;
}

/** The reverts, in what stands above the plan's head, of the landings that brought it or an earlier state of its branch; undefined: none. */
export async function takenBack(repository: Repository, ground: Ground, { plan, head, commits = [] }: LandingSubject): Promise<TakenBack | undefined> {
  const merged: CommitId[] = [];
  const single: CommitId[] = [];
  for (const { by, named, ours } of await standingReverts(repository, head, ground.published)) {
    const landed = await repository.objects.commit(named);
    if (landed === undefined) continue;
    if (landed.id === head || (ours && (commits.includes(landed.id) || namesPlan(landed, plan)) && (await isAncestor(repository, landed.id, head)))) single.push(by);
    else if (await broughtPlan(repository, landed, plan, head)) merged.unshift(by);
  }
  const [first, ...others] = single.length > 0 ? single : merged;
  return first === undefined ? undefined : { by: [first, ...others], whole: single.length === 0 };
}

/** True of a commit that we made for a task of the plan. */
function namesPlan({ message }: Commit, plan: PlanId): boolean {
  return message.split('\n').includes(`Plan-Id: ${plan}`);
}

/** True of a merge that brought the branch as it is; and of one of ours that brought the plan as it was before it went on. */
async function broughtPlan(repository: Repository, { parents, message }: Commit, plan: PlanId, head: CommitId): Promise<boolean> {
  const brought = parents.slice(1);
  if (brought.includes(head)) return true;
  if (!message.split('\n').includes(`Plan: ${plan}`)) return false;
  for (const parent of brought) if (await isAncestor(repository, parent, head)) return true;
  return false;
}

/** What was taken back commit by commit only a person brings back. */
export function wasReverted(subject: LandingSubject, reverts: TakenBack['by']): Failure {
  const [newest] = reverts;
  const branch = shellWord(subject.branch);
  return {
    kind: 'person',
    code: 'landing-was-reverted',
    message: `plan ${subject.plan} landed before and was taken back by ${newest.slice(0, 12)}: landing ${subject.branch} again would not bring that work back`,
    hint: `Take the revert back on the branch (git switch ${branch} && git merge ${newest} && git revert --no-edit ${reverts.join(' ')}), then land again.`,
  };
}

/** Reverts the revert on the ground: one commit with the plan's whole work. */
export async function reapply(tools: StepTools, run: string, ground: Ground, subject: LandingSubject, revert: CommitId): Promise<Result<Ground & Pick<MergedTree, 'resolved'>, StepConflict>> {
  const { repository, writer } = tools;
  const reverting = await repository.objects.commit(revert);
  assert(reverting, `the commit ${revert} is there`);
  const theirs = writer.standIn(await treeOf(repository, `${revert}^1`), [revert]);
  const merged = await tools.merge(writer.standIn(ground.tree, [revert]), theirs, subject);
  if (!merged.ok) return merged;
  const { tree, resolved } = merged.value;
  const name = subjectOf(reverting.message).replace(/^Revert "(.*)"$/, '$1');
  const message = commitMessage(`Reapply "${name}"`, `This reverts commit ${revert}.`, [['Plan-Run', run], ['Plan', subject.plan]]);
  const commit = await writer.write({ tree, parents: [ground.published], message });
  return ok({ published: commit, tree, shadow: commit, ...(resolved !== undefined && { resolved }) });
}
