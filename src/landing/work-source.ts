/**
 * What a branch brings, without the merges that we made at its end: where the target was merged into a branch and nothing was done
 * on it since, that merge says nothing that the target does not know. Landing then merges what the person merged, and comes to the same tree.
 */

import { mergeTrees } from '../git/merge.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { OwnWork } from './own-history.js';
import type { StepTools } from './landing-step.js';

/** The commit that holds all that a branch brings, and its work seen from there. */
export interface WorkSource {
  readonly commit: CommitId;
  readonly own: OwnWork;
}

/** Goes down from the head through merges of ours that bring in only what stands already. Each is proved by merging again. */
export async function workSource(tools: Pick<StepTools, 'repository' | 'history'>, plan: PlanId, head: CommitId): Promise<WorkSource> {
  const { repository, history } = tools;
  let at = head;
  for (let left = mergeLimit; left > 0; left -= 1) {
    const [before, merged, third] = history.parents(at);
    if (before === undefined || merged === undefined || third !== undefined || history.holds(before) || !history.holds(merged)) break;
    const commit = await repository.objects.commit(at);
    if (commit === undefined || !isOurs(commit.message, plan)) break;
    // A person may have amended it.
    const again = await mergeTrees(repository, before, merged);
    if (!again.ok || again.value.tree !== commit.tree) break;
    at = before;
  }
  return { commit: at, own: history.own(at) };
}

/** More merges than this in a row at a branch's end are taken as they are. */
const mergeLimit = 20;

/** Said by the trailers that every merge into a plan's branch has; commits of tasks name their task. */
function isOurs(message: string, plan: PlanId): boolean {
  return message.startsWith('Merge ') && message.split('\n').includes(`Plan-Id: ${plan}`) && !/^Plan-Task: /m.test(message);
}
