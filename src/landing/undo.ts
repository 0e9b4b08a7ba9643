/** Taking landings back: the target goes to where it was, or, where others have gone on from there, gets commits that revert. */

import { shellWord } from '../base/text.js';
import { assert } from '../base/assert.js';
import { err, ok, type Result } from '../base/result.js';
import { commitMessage } from '../git/commit.js';
import { git, tryGit } from '../git/git.js';
import { kindOf, lastLines } from '../git/git-error.js';
import { mergeTrees } from '../git/merge.js';
import { isAncestor } from '../git/refs.js';
import { withRepositoryLock } from '../git/repository-lock.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId, RunId } from '../model/ids.js';
import type { LandingEvent } from '../model/landing-event.js';
import { advanceTarget } from './advance-target.js';
import { CommitWriter } from './commit-writer.js';
import { subjectOf } from './landing-message.js';
import { Quarantine } from './quarantine.js';
import { repairCheckout } from './repair-checkout.js';
import { blocked, checkoutPlace, checkoutsOf, type Checkout, movedPaths, refuseCheckout } from './target-checkout.js';
import { findTarget } from './target-ref.js';

/** Moves of the target to take back: the last of a run, or several that follow each other, oldest first. */
export interface UndoRequest {
  readonly run: RunId;
  /** As the user named it. */
  readonly target: string;
  readonly advances: readonly { readonly plans: readonly PlanId[]; readonly from: CommitId; readonly to: CommitId }[];
  readonly push: boolean;
}

/** Takes the moves back and says how the target went; or why it cannot, with nothing changed. Asked again it finds it done. */
export async function undoLanding(repository: Repository, request: UndoRequest): Promise<Result<readonly LandingEvent[], Failure>> {
  const [first, last] = [request.advances[0], request.advances.at(-1)];
  assert(first && last, 'there is something to undo');
  const plans = request.advances.flatMap((advance) => advance.plans);
  const target = await findTarget(repository, request.target);
  if (target === undefined) return err(blocked('target-gone', `the target ${request.target} does not exist any more`, 'There is nothing to take back.'));
  const now = await repository.objects.commitId(target.ref);
  if (now === undefined) return err(blocked('target-gone', `the target ${request.target} does not exist any more`, 'There is nothing to take back.'));
  if (now === first.from) return ok([{ kind: 'target.undone', from: last.to, to: first.from, plans }]);
  if (!(await isAncestor(repository, last.to, now))) {
    return err(blocked('undo-not-there', `${request.target} does not hold the landing any more: it was moved elsewhere`, `See git log ${request.target}.`));
  }
  if (target.kind === 'local' && now === last.to && !(await isShared(repository, now, first.from))) {
    const failure = await withRepositoryLock(repository, `undo on ${target.short}`, async () => putBack(repository, target.ref, target.short, now, first.from));
    return failure === undefined ? ok([{ kind: 'target.undone', from: now, to: first.from, plans }]) : err(failure);
  }
  const reverted = await revert(repository, request, now, first.from, last.to);
  if (!reverted.ok) return reverted;
  const moved = await advanceTarget(repository, { target: request.target, plans, from: now, to: reverted.value, push: request.push });
  const refusal = moved.find((event) => event.kind === 'landing.refused');
  if (refusal) return err(refusal.failure);
  if (moved.some((event) => event.kind === 'target.moved') && !moved.some((event) => event.kind === 'target.advanced')) {
    return err({ kind: 'failed', code: 'undo-overtaken', message: `${request.target} was moved by somebody else meanwhile`, hint: 'Run plan undo again.' });
  }
  return ok([{ kind: 'target.undone', from: now, to: reverted.value, plans }, ...moved.filter((event) => event.kind === 'target.pushed')]);
}

/** True when some remote branch holds what was landed: others may have it. */
async function isShared(repository: Repository, landed: CommitId, before: CommitId): Promise<boolean> {
  if (landed === before) return false;
  const printed = await git(['for-each-ref', '--count=1', `--contains=${landed}`, '--format=%(refname)', 'refs/remotes/'], repository.place);
  return printed.trim() !== '';
}

/** Nobody has it and nobody went on: as if it had not been. What is not committed in a checkout stays. */
async function putBack(repository: Repository, ref: string, short: string, now: CommitId, before: CommitId): Promise<Failure | undefined> {
  const broken = await repairCheckout(repository);
  if (broken !== undefined) return broken;
  const { attached, busy } = await checkoutsOf(repository, ref);
  if (busy.length > 0 || attached.length > 1) {
    return blocked('target-checkout-busy', `${short} is in use in ${((busy[0] ?? attached[1]) as Checkout).path}`, 'Finish that or detach it, then run plan undo again.');
  }
  const [checkout] = attached;
  if (checkout !== undefined) {
    const stop = await refuseCheckout(repository, checkout, short, await movedPaths(repository, now, before));
    if (stop !== undefined) return stop;
    // `--keep` refuses where files differ; it moves the branch only after the files.
    const result = await tryGit(['-c', 'submodule.recurse=false', 'reset', '--keep', '--quiet', before], checkoutPlace(repository, checkout));
    return result.code === 0 ? undefined : blocked('target-checkout-refused', `the checkout of ${short} in ${checkout.path} could not be taken back: ${lastLines(result.stderr)}`, `See git -C ${shellWord(checkout.path)} status.`);
  }
  const result = await tryGit(['update-ref', '-m', 'plan: undo', '--no-deref', ref, before, now], { ...repository.place, retries: 6 });
  if (result.code === 0) return undefined;
  return kindOf(result.stderr) === 'ref-moved'
    ? { kind: 'failed', code: 'undo-overtaken', message: `${short} was moved by somebody else meanwhile`, hint: 'Run plan undo again.' }
    : blocked('target-move-refused', `git did not move ${short}: ${lastLines(result.stderr)}`, 'See what refused it, then run plan undo again.');
}

/** One commit for each landed one, the latest first, on top of what the target is now. */
async function revert(repository: Repository, request: UndoRequest, now: CommitId, from: CommitId, to: CommitId): Promise<Result<CommitId, Failure>> {
  const quarantine = await Quarantine.open(repository, true);
  const writer = new CommitWriter(quarantine, repository);
  try {
    let tip = now;
    for (let id = to; id !== from; ) {
      const commit = await repository.objects.commit(id);
      // A branch that was fast-forwarded may have merged the target into itself: back to there, and not to what it was before.
      const parent = commit && (await parentHolding(repository, commit.parents, from));
      assert(commit && parent, `the landed commit ${id} is there`);
      // What brings the change from the commit back to its parent onto the tip.
      const merged = await mergeTrees(quarantine.repository, tip, parent, { base: id });
      if (!merged.ok) {
        return err(blocked('undo-conflict', `${subjectOf(commit.message)} cannot be taken back: others have changed ${merged.error.files.slice(0, 5).join(', ')} since`, `Revert it by hand: git revert${commit.parents.length > 1 ? ` -m ${commit.parents.indexOf(parent) + 1}` : ''} ${id.slice(0, 12)}`));
      }
      const merge = commit.parents.length > 1 ? `, reversing\nchanges made to ${parent}` : '';
      const message = commitMessage(`Revert "${subjectOf(commit.message)}"`, `This reverts commit ${id}${merge}.`, [['Plan-Run', request.run]]);
      tip = await writer.write({ tree: merged.value.tree, parents: [tip], message });
      id = parent;
    }
    await quarantine.keep();
    return ok(tip);
  } finally {
    await quarantine.close();
  }
}

/** The first of the parents that is, or holds, the commit. */
async function parentHolding(repository: Repository, parents: readonly CommitId[], held: CommitId): Promise<CommitId | undefined> {
  for (const parent of parents) if (parents.length === 1 || (await isAncestor(repository, held, parent))) return parent;
  return undefined;
}
