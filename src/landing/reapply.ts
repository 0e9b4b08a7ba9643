/** Landing again what was taken back by a revert: by ancestry the target still holds it, so merging the branch once more would change nothing. */

import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import { assert } from '../base/assert.js';
import { commitMessage } from '../git/commit.js';
import { git } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import type { CommitId } from '../model/ids.js';
import { subjectOf } from './landing-message.js';
import type { Ground, LandingSubject, MergedTree, StepConflict, StepTools } from './landing-step.js';
import { treeOf } from './tree-of.js';

/** A landing that was taken back. */
export interface TakenBack {
  /** The commit that reverts it. */
  readonly by: CommitId;
  /** True when it was merged as a whole, so that reverting the revert brings all of it back. */
  readonly whole: boolean;
}

/** The revert, in what stands above `head`, of the landing that brought it; undefined: none, or it was reverted itself. */
export async function takenBack(repository: Repository, ground: Ground, head: CommitId): Promise<TakenBack | undefined> {
  const log = await git(['log', '--grep=^This reverts commit', '--format=%x01%H%x02%b', `${head}..${ground.published}`], repository.place);
  const undone = new Set<string>();
  for (const record of log.split('\x01').slice(1)) {
    const [by = '', body = ''] = record.split('\x02');
    const named = /^This reverts commit ([0-9a-f]{40,64})\b/m.exec(body)?.[1] ?? '';
    // Newest first: what reverts a revert is seen before it.
    if (undone.has(by)) continue;
    undone.add(named);
    const landed = await repository.objects.commit(named);
    const whole = landed?.parents.slice(1).includes(head) === true;
    if (landed !== undefined && (whole || landed.id === head)) return { by, whole };
  }
  return undefined;
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
