/** Keeping what an attempt left behind, before its worktree is cleaned; listing and restoring what was kept. */
import { copyFile, cp, lstat, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert } from '../base/assert.js';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, RunId } from '../model/ids.js';
import { freeWorktree } from './abandoned-lock.js';
import { commitMessage, commitTree } from './commit.js';
import { GitError, lastLines } from './git-error.js';
import { git, tryGit } from './git.js';
import type { GitPlace } from './git.js';
import { findHidden, keepHidden } from './hidden-work.js';
import { treeStatus } from './inspect.js';
import type { TreeStatus } from './inspect.js';
import { isAncestor, listRefs, moveRef, runRef, runRefs } from './refs.js';
import type { Repository } from './repository.js';
import { stageAll } from './staging.js';
import { inside, realPlace } from './placement.js';
import { isUsableHead, listEntries, worktreePlace } from './worktree-link.js';
import type { WorktreeLink } from './worktree-link.js';
import { readRecord } from './worktree-record.js';

export interface Salvaged {
  /** Full name of the ref that keeps it. */
  readonly ref: string;
  readonly commit: CommitId;
}

/**
 * Keeps the worktree's commits and its dirty tree (ignored files stay where they are) under a ref, then makes the worktree
 * clean and detached at `base`. Undefined: there was nothing to keep, and the worktree is clean. `ref` gets a suffix when taken.
 */
export async function salvageWorktree(
  repository: Repository,
  run: RunId,
  link: WorktreeLink,
  base: CommitId,
  ref: string,
  message: string,
): Promise<Salvaged | undefined> {
  const place = worktreePlace(repository, link);
  await freeWorktree(link);
  await mendIndex(place, link);
  const status = await treeStatus(place);
  const hidden = await findHidden(repository, link, base);
  await keepHidden(repository, runRef(run, 'salvage/dropped/'), hidden, new Set([base, status.head]), status.head);
  const head = status.head === '' ? base : status.head;
  const ahead = !(await isAncestor(repository, head, base));
  let kept: Salvaged | undefined;
  if (status.dirty) kept = await keepTree(repository, link, head, ref, message);
  else if (ahead) kept = await nameFree(repository, ref, head);
  await cleanWorktree(place, link, base, status);
  return kept;
}

/**
 * Links a worktree of ours again whose `.git` somebody removed or replaced; what stands in its place is kept. Undefined: the folder is
 * none, or the repository knows it no more.
 */
export async function mendLink(repository: Repository, run: RunId, path: string): Promise<WorktreeLink | undefined> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory() !== true || (await readRecord(repository, path)) === undefined) return undefined;
  const real = await realpath(path);
  for (const entry of await listEntries(repository)) {
    if (entry.path === undefined || !isUsableHead(entry.head) || (await realPlace(entry.path)) !== real) continue;
    const link = { path, gitDir: entry.gitDir, id: entry.id };
    const dotGit = join(path, '.git');
    if ((await lstat(dotGit).catch(() => undefined)) !== undefined) await moveOut(repository, link, '.git', runRef(run, `salvage/damaged/${entry.id}`));
    await writeFile(dotGit, `gitdir: ${entry.gitDir}\n`, { flag: 'wx' });
    return link;
  }
  return undefined;
}

/** Keeps the commits of a worktree whose folder was removed: the repository still knows where its HEAD was. Undefined: there were none. */
export async function salvageGone(repository: Repository, path: string, base: CommitId, ref: string): Promise<Salvaged | undefined> {
  const entry = (await listEntries(repository)).find((one) => one.path === path);
  const head = entry === undefined || !isUsableHead(entry.head) ? undefined : await repository.objects.commitId(`worktrees/${entry.id}/HEAD`);
  if (head === undefined || (await isAncestor(repository, head, base))) return undefined;
  return nameFree(repository, ref, head);
}

/** Makes the tree a commit on top of HEAD, in an index aside; repositories in it are moved out first. */
async function keepTree(repository: Repository, link: WorktreeLink, head: CommitId, ref: string, message: string): Promise<Salvaged> {
  const place = worktreePlace(repository, link);
  const index = join(link.gitDir, 'plan-salvage.index');
  const moved: string[] = [];
  try {
    for (let round = 0; ; round += 1) {
      assert(round < 1000, 'repositories inside of a worktree without end');
      await rm(index, { force: true });
      await copyFile(join(link.gitDir, 'index'), index).catch((error: unknown) => ignoreMissing(error));
      const staging = await stageAll(place, index);
      if (staging.kind === 'staged') break;
      if (staging.kind === 'failed' && staging.unfit.length === 0) throw new GitError(['add'], staging.error, 128, staging.note);
      const paths = staging.kind === 'failed' ? staging.unfit : staging.paths;
      for (const path of paths) moved.push(await moveOut(repository, link, path, ref));
    }
    const tree = (await git(['write-tree'], { ...place, variables: { GIT_INDEX_FILE: index } })).trim();
    const body = moved.map((folder) => `What cannot be part of a commit was moved to ${folder}`).join('\n');
    const commit = await commitTree(repository, { tree, parents: [head], message: commitMessage(message, body, []), sign: false });
    return await nameFree(repository, ref, commit);
  } finally {
    await rm(index, { force: true });
  }
}

/**
 * A repository inside of the worktree cannot be part of a commit; the whole folder is kept beside the run's data instead. Each has a
 * numbered folder of its own: one that is there already may be of an earlier task of the same name, or half a copy that a kill left.
 */
async function moveOut(repository: Repository, link: WorktreeLink, path: string, ref: string): Promise<string> {
  const from = join(link.path, path);
  assert((inside(from, link.path) ?? '') !== '', `an embedded repository lies inside of its worktree: ${path}`);
  const target = join(await makeFree(join(repository.commonDir, 'plan', 'kept', ref.slice(runRefs.length))), path);
  await mkdir(dirname(target), { recursive: true });
  try {
    await rename(from, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await cp(from, target, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, errorOnExist: true, force: false });
    await rm(from, { recursive: true, force: true });
  }
  return target;
}

/** Makes the first folder `<folder>/1`, `<folder>/2`, … that is not there yet. */
async function makeFree(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let number = 1; number < mostOfOneName; number += 1) {
    const made = await mkdir(join(folder, String(number))).then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        return false;
      },
    );
    if (made) return join(folder, String(number));
  }
  throw new GitError(['add'], 'other', 128, `too many folders are kept in ${folder}`);
}

/** Refs, or folders, that may be kept for attempts of one name: replanned tasks and repeated kills share names. */
const mostOfOneName = 10_000;

/** Creates the ref, or `<ref>.2`, `<ref>.3`, … where it names something else already: a ref that keeps work never moves. */
async function nameFree(repository: Repository, ref: string, commit: CommitId): Promise<Salvaged> {
  for (let number = 1; number < mostOfOneName; number += 1) {
    const name = number === 1 ? ref : `${ref}.${number}`;
    if ((await moveRef(repository, name, null, commit)).ok) return { ref: name, commit };
  }
  throw new GitError(['update-ref', ref], 'other', 128, `too many refs named ${ref}`);
}

/** An operation begun in the worktree is ended, HEAD detached, the tree made that of `base`; ignored files stay. */
async function cleanWorktree(place: GitPlace, link: WorktreeLink, base: CommitId, status: TreeStatus): Promise<void> {
  const isClean = !status.dirty && status.openSubmodules.length === 0 && status.branch === undefined && status.head === base;
  if (!isClean) await resetTo(place, base);
  if (status.dirty) await git(['clean', '--quiet', '-f', '-d'], place);
  for (const name of unfinishedNotes) await rm(join(link.gitDir, name), { recursive: true, force: true });
}

const unfinishedNotes = [
  'rebase-merge',
  'rebase-apply',
  'sequencer',
  'MERGE_HEAD',
  'MERGE_MSG',
  'MERGE_MODE',
  'AUTO_MERGE',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'BISECT_LOG',
  'BISECT_START',
  'BISECT_NAMES',
  'BISECT_TERMS',
  'BISECT_EXPECTED_REV',
];

/** Detaches HEAD at a commit and makes index and files those of it. No hook runs; a branch that HEAD was attached to stays. */
export async function resetTo(place: GitPlace, commit: CommitId): Promise<void> {
  await git(['-c', 'core.hooksPath=/dev/null', 'checkout', '--quiet', '--force', '--detach', '--no-recurse-submodules', commit, '--'], {
    ...place,
    retries: 5,
  });
}

/** An index that a kill or a full disk tore is made anew from HEAD; the files are what counts. */
async function mendIndex(place: GitPlace, link: WorktreeLink): Promise<void> {
  const look = await tryGit(['ls-files', '--error-unmatch', '--', '.git'], place);
  if (!/index file (corrupt|smaller)|bad (index|signature)|unable to map index/i.test(look.stderr)) return;
  await rename(join(link.gitDir, 'index'), join(link.gitDir, 'index.damaged')).catch((error: unknown) => ignoreMissing(error));
  await git(['read-tree', 'HEAD'], place);
}

/** One thing that was kept. */
export interface SalvageEntry extends Salvaged {
  readonly run: RunId;
  /** What stands behind `salvage/`: `<node>/<attempt>`, or `dropped/<commit>`. */
  readonly name: string;
  readonly subject: string;
  /** Seconds since the epoch. */
  readonly at: number;
}

/** Everything that was kept, of one run or of all. */
export async function listSalvage(repository: Repository, run?: RunId): Promise<SalvageEntry[]> {
  const refs = await listRefs(repository, run === undefined ? runRefs : runRef(run, 'salvage/'));
  const entries = await Promise.all(
    refs.map(async ({ name, id }) => {
      const match = /^([^/]+)\/salvage\/(.+)$/.exec(name.slice(runRefs.length));
      const commit = match === null ? undefined : await repository.objects.commit(id);
      if (match === null || commit === undefined) return undefined;
      const [, runOf = '', rest = ''] = match;
      const at = Number(/ (\d+) [+-]\d{4}$/.exec(commit.committer)?.[1] ?? 0);
      return { ref: name, commit: id, run: runOf, name: rest, subject: commit.message.split('\n', 1)[0] ?? '', at };
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}

/** The changes of something that was kept, as a patch against what it was made on; bounded. */
export async function showSalvage(repository: Repository, commit: CommitId): Promise<string> {
  return git(['show', '--no-ext-diff', '--no-textconv', '--no-color', '--stat', '--patch', '--end-of-options', commit], {
    ...repository.place,
    outputLimit: 16 * 1024 * 1024,
  });
}

/**
 * Brings what was kept back as a new branch; nothing is overwritten. The caller tells the person to look at it, to cherry-pick
 * or to merge it.
 */
export async function restoreSalvage(repository: Repository, commit: CommitId, branch: string): Promise<Result<void, Failure>> {
  const check = await tryGit(['check-ref-format', '--branch', branch], repository.place);
  if (check.code !== 0)
    return err({ kind: 'input', code: 'bad-branch-name', message: `${branch} is no name for a branch: ${lastLines(check.stderr)}` });
  const moved = await moveRef(repository, `refs/heads/${branch}`, null, commit);
  if (moved.ok) return ok(undefined);
  return err({ kind: 'input', code: 'branch-exists', message: `branch ${branch} exists already`, hint: 'Give another name.' });
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
