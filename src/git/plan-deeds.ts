/** What the engine asks of git for plans, done on a real repository. */
import { err } from '../base/result.js';
import { shellWord } from '../base/text.js';
import type { Failure } from '../model/failure.js';
import type { CommitId } from '../model/ids.js';
import type { Result } from '../base/result.js';
import { takeUpAttempt } from './attempt.js';
import { checkoutsOf } from './checkouts.js';
import type { PlanDeeds } from './deeds.js';
import { DeedRefused, GitError } from './git-error.js';
import { git, tryGit } from './git.js';
import { gitFolderState, treeStatus } from './inspect.js';
import type { TreeStatus } from './inspect.js';
import { mergeInto } from './merge.js';
import { isAncestor, moveRef, pinRef, resolveCommit, runRef, runRefs } from './refs.js';
import type { Found } from './refs.js';
import type { Repository } from './repository.js';
import { exists, isFolder, moveAside } from './files.js';
import { mendLink, salvageGone, salvageWorktree } from './salvage.js';
import { lookAt, requireLink, worktreePlace } from './worktree-link.js';
import type { WorktreeLink } from './worktree-link.js';
import { prepareWorktree } from './worktree.js';
import type { WorktreeSettings } from './worktree.js';

/** The deeds of one run, and the end of the gits that serve them. */
export type RepositoryDeeds = PlanDeeds & { close(): void };

/**
 * The deeds on a repository for one run. They reject with a `GitError` where the machine or the repository is in trouble, with a
 * `DeedRefused` where a person's checkout is in the way; `failureOfGit` has the sentence for both.
 */
export function createPlanDeeds(repository: Repository, settings: WorktreeSettings): RepositoryDeeds {
  const seen = new Map<string, TreeStatus>();
  /** Entries that we left detached and that nobody but attempts has been in since. */
  const detached = new Set<string>();
  const refOf = (name: string): string => (name.startsWith(runRefs) ? name : runRef(settings.run, name));
  return {
    resolve: (ref) => resolveCommit(repository, ref),
    isAncestor: (ancestor, commit) => isAncestor(repository, ancestor, commit),
    mergeInMemory: (tip, commits, message) => mergeInto(repository, tip, commits, message),
    moveBranch: (branch, from, to) => moveBranch(repository, branch, from, to, detached),
    pin: (name, commit) => pinRef(repository, refOf(name), commit),
    async prepareWorktree(slot, commit) {
      seen.delete(slot.path);
      const prepared = await prepareWorktree(repository, settings, slot, commit);
      if (prepared.ok) detached.add((await requireLink(repository, slot.path)).id);
      return prepared;
    },
    async inspect(path) {
      const state = await lookAt(repository, path);
      const mended = state.kind === 'linked' ? state.link : await mendLink(repository, settings.run, path);
      const link = mended ?? (await requireLink(repository, path));
      const status = await treeStatus(worktreePlace(repository, link));
      seen.set(path, status);
      if (status.branch !== undefined) detached.delete(link.id);
      return { head: status.head, dirty: status.dirty };
    },
    commitAttempt(work) {
      const known = seen.get(work.path);
      // Seen once, used once: asked again after a failure half way, it has to look anew.
      seen.delete(work.path);
      return takeUpAttempt(repository, settings.run, work, known);
    },
    async salvage(path, base, refName, message) {
      seen.delete(path);
      const state = await lookAt(repository, path);
      const link = state.kind === 'linked' ? state.link : await mendLink(repository, settings.run, path);
      if (link !== undefined) return salvageWorktree(repository, settings.run, link, base, refOf(refName), message);
      // A link or a file in the folder's place would be in the way of the next attempt.
      if (state.kind !== 'absent' && !(await isFolder(path))) await moveAside(path);
      return (await exists(path)) ? undefined : salvageGone(repository, path, base, refOf(refName));
    },
    async attach(path, branch) {
      const state = await lookAt(repository, path);
      if (state.kind !== 'linked') return;
      detached.delete(state.link.id);
      await attach(repository, state.link, branch, detached);
    },
    close: () => repository.close(),
  };
}

/**
 * Moves a plan's branch. A worktree of ours that rests on the branch is detached first, so that its files do not seem changed;
 * in a person's checkout they would, and that is refused. A branch that an executor has moved itself, along the very commits
 * that are to be put there, goes the rest of the way.
 */
async function moveBranch(
  repository: Repository,
  branch: string,
  from: CommitId | null,
  to: CommitId,
  detached: ReadonlySet<string>,
): Promise<Result<void, Found>> {
  const ref = `refs/heads/${branch}`;
  for (const checkout of from === to ? [] : await checkoutsOf(repository, ref, detached)) {
    if (checkout.ours) await detach(repository, checkout.gitDir);
    else if ((await resolveCommit(repository, ref)) !== to) throw new DeedRefused(checkedOut(branch, checkout.path));
  }
  const moved = await moveRef(repository, ref, from, to);
  if (moved.ok || from === null || moved.error.found === null) return moved;
  const { found } = moved.error;
  const onTheWay = (await isAncestor(repository, from, found)) && (await isAncestor(repository, found, to));
  return onTheWay ? moveRef(repository, ref, found, to) : err({ found });
}

/** HEAD stays at its commit, files and index stay as they are; only the branch is let go. */
async function detach(repository: Repository, gitDir: string): Promise<void> {
  const place = { ...repository.place, gitDir };
  const head = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], place);
  if (head.code === 0) await git(['update-ref', '--no-deref', 'HEAD', head.stdout.trim()], { ...place, retries: 5 });
}

/** Leaves a clean worktree as a person expects to find it: on its branch. Where that cannot be, it stays as it is. */
async function attach(repository: Repository, link: WorktreeLink, branch: string, detached: ReadonlySet<string>): Promise<void> {
  const place = worktreePlace(repository, link);
  const ref = `refs/heads/${branch}`;
  // At the branch's tip already: naming it is all there is to do, and `checkout` would read every worktree's files to find that out.
  const isThere = (await gitFolderState(link.gitDir)).head === (await resolveCommit(repository, ref));
  if (isThere && (await checkoutsOf(repository, ref, detached)).length === 0) {
    await git(['symbolic-ref', '-m', `checkout: moving to ${branch}`, 'HEAD', ref], { ...place, retries: 3 });
    return;
  }
  const result = await tryGit(
    [
      '-c',
      'core.hooksPath=/dev/null',
      'checkout',
      '--quiet',
      '--no-guess',
      '--no-overwrite-ignore',
      '--no-recurse-submodules',
      branch,
      '--',
    ],
    { ...place, retries: 3 },
  );
  // Checked out elsewhere, files in the way, no such branch: a detached worktree is as safe, only less handy.
  if (result.code > 128) throw new GitError(['checkout', branch], 'other', result.code, result.stderr);
}

function checkedOut(branch: string, path: string): Failure {
  return {
    kind: 'person',
    code: 'branch-checked-out',
    message: `branch ${branch} is checked out in ${path}; moving it would make the files there seem changed`,
    hint: `git -C ${shellWord(path)} switch --detach, then start again.`,
  };
}
