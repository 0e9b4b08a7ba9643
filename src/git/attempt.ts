/**
 * Turning what an attempt left in its worktree into commits on top of a branch's tip: the executor's own commits as they are
 * (carried over when the tip moved), then everything uncommitted as one last commit. No ref moves but the worktree's own HEAD.
 */
import { rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { readRegularText } from '../base/regular-file.js';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { CommitRejection } from '../model/event.js';
import type { CommitId, RunId } from '../model/ids.js';
import { freeWorktree } from './abandoned-lock.js';
import { commitMessage } from './commit.js';
import type { AttemptWork } from './deeds.js';
import { exists } from './files.js';
import { GitError, kindOf, lastLines } from './git-error.js';
import type { GitErrorKind } from './git-error.js';
import { git, tryGit } from './git.js';
import { findHidden, keepHidden } from './hidden-work.js';
import { gitFolderState, treeStatus } from './inspect.js';
import type { TreeStatus } from './inspect.js';
import { ownCommits, replayOnto } from './own-commits.js';
import { runRef } from './refs.js';
import type { Repository } from './repository.js';
import { stageAll } from './staging.js';
import { lookAt, worktreePlace } from './worktree-link.js';
import type { WorktreeLink } from './worktree-link.js';

/** Why an attempt's work could not become a commit. */
export interface Rejection {
  readonly reason: CommitRejection;
  /** Paths in conflict; empty for other reasons. */
  readonly files: readonly string[];
  /** One line for people. */
  readonly note?: string;
}

export interface Taken {
  readonly commit: CommitId;
  /** False: there was nothing, and `commit` is the tip. */
  readonly changed: boolean;
}

/** A commit hook that has not ended after this is taken for stuck. */
const hookPatience = 10 * 60_000;

/**
 * Takes the work of an attempt up. `known`: what `inspect` found, if it was this process that asked; a process that came later
 * looks anew, since the one before it may have died half way through this deed.
 */
export async function takeUpAttempt(
  repository: Repository,
  run: RunId,
  work: AttemptWork,
  known: TreeStatus | undefined,
): Promise<Result<Taken, Rejection>> {
  const state = await lookAt(repository, work.path);
  const link = state.kind === 'linked' ? state.link : undefined;
  let head = work.head;
  const hidden = link === undefined ? undefined : await findHidden(repository, link, work.base);
  if (link === undefined) {
    // Commits need no worktree; what was not committed went with it.
    if (work.dirty) return reject('git', `${work.path} is no worktree any more: what was not committed there is gone`);
  } else {
    const status =
      known !== undefined && known.head === work.head && known.dirty === work.dirty
        ? known
        : await treeStatus(worktreePlace(repository, link));
    const unfit = await findUnfit(link, status);
    if (unfit !== undefined) return err(unfit);
    // A branch without a commit yet (`checkout --orphan`, or its branch was deleted): what stands there follows what it began with.
    head = status.head === '' ? work.base : status.head;
    if (status.dirty || status.branch !== undefined) await freeWorktree(link);
    // An executor that checked a branch out must not have that branch moved by our commit.
    if (status.branch !== undefined) await git(['update-ref', '--no-deref', 'HEAD', head], worktreePlace(repository, link));
    if (status.dirty) {
      const made = await commitTreeOf(repository, link, status, work);
      if (!made.ok) return err(made.error);
      head = made.value;
    }
  }
  const own = await ownCommits(repository, work.base, head);
  if (!own.ok) return reject('rewritten', own.error);
  if (hidden !== undefined)
    await keepHidden(
      repository,
      runRef(run, 'salvage/dropped/'),
      hidden,
      new Set([work.base, head, ...own.value.map(({ commit }) => commit.id)]),
      head,
    );
  if (own.value.length === 0) return ok({ commit: work.tip, changed: false });
  const replayed = await replayOnto(repository, own.value, work.base, work.tip);
  if (!replayed.ok) return err({ reason: 'conflict', files: replayed.error.files, ...noteOf(replayed.error.messages) });
  if (link !== undefined && replayed.value !== head) await noteTaken(link, head, replayed.value);
  return ok({ commit: replayed.value, changed: replayed.value !== work.tip });
}

/** What makes a tree unfit to be committed; undefined: nothing. */
async function findUnfit(link: WorktreeLink, status: TreeStatus): Promise<Rejection | undefined> {
  const { unfinished } = await gitFolderState(link.gitDir);
  if (status.unmerged.length > 0) {
    return { reason: 'git', files: status.unmerged, note: `left in conflict: ${status.unmerged.slice(0, 5).join(', ')}` };
  }
  if (unfinished !== undefined && unfinished !== 'merge' && unfinished !== 'bisect')
    return { reason: 'git', files: [], note: `a ${unfinished} was begun in the worktree and not ended` };
  if (status.openSubmodules.length > 0) {
    return {
      reason: 'git',
      files: status.openSubmodules,
      note: `changes inside a submodule were not committed there: ${status.openSubmodules.slice(0, 5).join(', ')}`,
    };
  }
  return undefined;
}

/** Commits everything that is uncommitted on the detached HEAD, with the user's identity, signature and (if wished) hooks. Two processes. */
async function commitTreeOf(
  repository: Repository,
  link: WorktreeLink,
  status: TreeStatus,
  work: AttemptWork,
): Promise<Result<CommitId, Rejection>> {
  const place = worktreePlace(repository, link);
  const staging = await stageAll(place);
  if (staging.kind === 'embedded') {
    await git(['reset', '--quiet'], place);
    return err({
      reason: 'git',
      files: [],
      note: `a repository of its own lies inside the worktree: ${staging.paths.slice(0, 5).join(', ')}`,
    });
  }
  if (staging.kind === 'failed') return fail(staging.error, ['add'], staging.note);
  const hooks = work.hooks ? await hookOptions(repository, link) : ['-c', 'core.hooksPath=/dev/null'];
  const result = await tryGit([...hooks, 'commit', '--quiet', '--no-edit', '--cleanup=verbatim', '--file=-'], {
    ...place,
    input: commitMessage(work.subject, work.body, work.trailers),
    hooks: work.hooks,
    timeout: hookPatience,
    retries: 5,
  });
  const head = (await repository.objects.commitId(`worktrees/${link.id}/HEAD`)) ?? status.head;
  if (result.code === 0) return ok(head);
  // Nothing to commit after all: only line endings or file times differed.
  if (result.code === 1 && (await tryGit(['diff-index', '--cached', '--quiet', 'HEAD', '--'], place)).code === 0) return ok(head);
  const note = lastLines(result.stderr);
  if (result.code === 1 && work.hooks) return err({ reason: 'hook', files: [], note });
  return fail(kindOf(result.stderr), ['commit'], note);
}

/** A failure of the machine is thrown; one that lies in what the attempt left is its rejection. */
function fail(kind: GitErrorKind, args: readonly string[], note: string): Result<never, Rejection> {
  if (kind === 'disk-full' || kind === 'no-identity' || kind === 'lock-held' || kind === 'not-trusted')
    throw new GitError(args, kind, 128, note);
  return reject('git', note);
}

/**
 * A relative `core.hooksPath` into an ignored folder (husky) is absent in linked worktrees, and git then runs no hook in silence:
 * the main worktree's folder is used there.
 */
async function hookOptions(repository: Repository, link: WorktreeLink): Promise<readonly string[]> {
  const configured = await repository.hooksPath();
  if (configured === '' || isAbsolute(configured) || repository.main === undefined) return [];
  const [inWorktree, inMain] = await Promise.all([exists(join(link.path, configured)), exists(join(repository.main, configured))]);
  return !inWorktree && inMain ? ['-c', `core.hooksPath=${join(repository.main, configured)}`] : [];
}

const takenName = 'plan-taken';

/** Notes that what stands at `head` is on the branch as `result`: it is not of unknown origin when the worktree is used again. */
async function noteTaken(link: WorktreeLink, head: CommitId, result: CommitId): Promise<void> {
  await writeFile(join(link.gitDir, takenName), `${head} ${result}\n`);
}

/** What the commit at the worktree's HEAD became when it was taken up; undefined: it was not, or not by another commit. */
export async function takenAs(link: WorktreeLink, head: CommitId): Promise<CommitId | undefined> {
  const text = await readRegularText(join(link.gitDir, takenName)).catch(() => '');
  const [from, result] = text.trim().split(' ');
  return from === head ? result : undefined;
}

/** Forgets the note. */
export async function forgetTaken(link: WorktreeLink): Promise<void> {
  await rm(join(link.gitDir, takenName), { force: true });
}

function noteOf(messages: readonly string[]): { readonly note?: string } {
  return messages.length === 0 ? {} : { note: messages.slice(0, 3).join('; ').slice(0, 500) };
}

function reject(reason: CommitRejection, note: string): Result<never, Rejection> {
  return err({ reason, files: [], note });
}
