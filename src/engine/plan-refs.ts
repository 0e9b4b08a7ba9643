/** Refs of plans: where work is kept, and what is said of a branch that somebody moved. */
import type { CommitId, NodeId } from '../model/ids.js';
import type { Failure } from '../model/failure.js';

/** Where the work of an attempt that ended badly is kept, below `refs/plan-runs/<run>/`. */
export function salvageRef(node: NodeId, attempt: number): string {
  return `salvage/${node}/${attempt}`;
}

/** A plan's branch stands where its next step cannot begin. */
export function movedFailure(branch: string, from: CommitId | null, found: CommitId | null): Failure {
  return {
    kind: 'person',
    code: 'branch-moved',
    message: `branch ${branch} was ${from?.slice(0, 10) ?? 'not there'} and is now ${found?.slice(0, 10) ?? 'gone'}, which does not contain it`,
    hint: from ? `put it back with \`git update-ref refs/heads/${branch} ${from}\`, or rebuild the plan with \`--new\`` : `rename or remove the branch, then run the same command again`,
  };
}

