/**
 * Worktrees of ours: made in two steps (the serialised one is short), used again with their ignored files, and repaired from
 * every state that a kill, a person or an executor can leave them in. Work of unknown origin is kept before anything is cleaned.
 */
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import { livenessOf } from '../base/process-identity.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, RunId } from '../model/ids.js';
import { freeWorktree } from './abandoned-lock.js';
import { forgetTaken, takenAs } from './attempt.js';
import type { PreparedWorktree, WorktreeSlot } from './deeds.js';
import { doom, removeDoomed } from './doomed-folder.js';
import { exists, moveAside } from './files.js';
import { GitError, kindOf, lastLines } from './git-error.js';
import { git, tryGit } from './git.js';
import type { GitPlace } from './git.js';
import { treeStatus } from './inspect.js';
import { realPlace, refusePlacement } from './placement.js';
import { isAncestor, moveRef, runRef } from './refs.js';
import type { Repository } from './repository.js';
import { withRepositoryLock } from './repository-lock.js';
import { resetTo, salvageWorktree } from './salvage.js';
import { copyIgnored } from './worktree-files.js';
import { isUsableHead, listEntries, lookAt, requireLink, worktreePlace } from './worktree-link.js';
import type { WorktreeEntry, WorktreeLink } from './worktree-link.js';
import { readRecord, removeRecord, writeRecord } from './worktree-record.js';

export interface WorktreeSettings {
  readonly run: RunId;
  /** Ignored files that each new worktree gets from the main one. */
  readonly copy: readonly string[];
  /** Run once in each new worktree; what it says is wrong makes the worktree unusable. */
  readonly setup?: (slot: WorktreeSlot) => Promise<Result<void, Failure>>;
}

/** Makes the worktree of a slot exist, clean and detached at `commit`. Asked again after a kill, it completes or begins anew. */
export async function prepareWorktree(
  repository: Repository,
  settings: WorktreeSettings,
  slot: WorktreeSlot,
  commit: CommitId,
): Promise<Result<PreparedWorktree, Failure>> {
  const state = await lookAt(repository, slot.path);
  const record = await readRecord(repository, slot.path);
  if (state.kind === 'other') {
    // Killed while git was linking it: a folder that holds half a link and nothing else holds nobody's work.
    if (record?.state === 'making' && livenessOf(record.owner) === 'dead' && (await holdsOnlyLink(slot.path))) {
      await rm(join(slot.path, '.git'));
      return make(repository, settings, slot, commit);
    }
    if (record === undefined || state.dotGit !== 'none' || !(await relink(repository, slot.path))) {
      return err(record === undefined ? occupied(slot.path) : await setAside(repository, settings.run, slot));
    }
    return prepareWorktree(repository, settings, slot, commit);
  }
  if (state.kind === 'linked') {
    if (record === undefined) return err(occupied(slot.path));
    if (record.state === 'ready') return reuse(repository, settings, slot, state.link, commit);
    if (livenessOf(record.owner) !== 'dead' && record.owner.pid !== process.pid) return err(beingMade(slot.path, record.owner.pid));
    await salvageUnfinished(repository, settings.run, slot, state.link);
  }
  return make(repository, settings, slot, commit);
}

async function holdsOnlyLink(path: string): Promise<boolean> {
  const names = await readdir(path, { withFileTypes: true }).catch(() => []);
  return names.length === 1 && names[0]?.name === '.git' && names[0].isFile();
}

async function make(
  repository: Repository,
  settings: WorktreeSettings,
  slot: WorktreeSlot,
  commit: CommitId,
): Promise<Result<PreparedWorktree, Failure>> {
  const refused = await refusePlacement(repository, slot.path);
  if (refused !== undefined) return err(refused);
  await mkdir(dirname(slot.path), { recursive: true });
  await writeRecord(repository, { path: slot.path, plan: slot.plan, slot: slot.slot, state: 'making' });
  const added = await withRepositoryLock(repository, `adding the worktree ${slot.path}`, async () => {
    for (let left = 5; ; left -= 1) {
      const cleared = await clearEntries(repository, settings.run, slot.path, left < 5);
      const failure = cleared ?? (await addEntry(repository, slot.path, commit));
      if (cleared === undefined && failure !== undefined && left === 5) continue;
      if (failure !== undefined || left === 0 || (await lookAt(repository, slot.path)).kind === 'linked') return failure;
      // A prune of somebody else that looked while git was writing the entry took it away after git said that it was made.
      await rm(join(slot.path, '.git'), { force: true });
    }
  });
  if (added !== undefined) return err(added);
  const link = await requireLink(repository, slot.path);
  await git(['reset', '--quiet', '--hard', '--no-recurse-submodules', commit, '--'], { ...worktreePlace(repository, link), retries: 5 });
  const failure = await copyIgnored(repository, settings.copy, slot.path);
  if (failure !== undefined) return err(failure);
  const setup = await settings.setup?.(slot);
  if (setup?.ok === false) return err(setup.error);
  await writeRecord(repository, { path: slot.path, plan: slot.plan, slot: slot.slot, state: 'ready' });
  return ok({ path: slot.path, fresh: true });
}

/** `worktree add` without files and without a branch: the part that no two processes may do at once. */
async function addEntry(repository: Repository, path: string, commit: CommitId): Promise<Failure | undefined> {
  const result = await tryGit(['worktree', 'add', '--quiet', '--no-checkout', '--detach', path, commit], {
    ...repository.place,
    retries: 5,
  });
  if (result.code === 0) return undefined;
  const kind = kindOf(result.stderr);
  if (kind === 'denied' || kind === 'other') {
    return {
      kind: 'person',
      code: 'worktree-failed',
      message: `the worktree ${path} could not be made: ${lastLines(result.stderr)}`,
      hint: 'Mend what git says, then start again.',
    };
  }
  throw new GitError(['worktree', 'add', path], kind, result.code, result.stderr);
}

/**
 * Removes what the repository still has under this path: an entry whose folder was deleted, or one that was never finished.
 * Its HEAD is kept first. Only under the repository's lock; only entries of a path that we noted as ours. Not `everywhere`: only those
 * that bear the path's name, as git gives it to them when it makes them; a hundred others need not be read then.
 */
export async function clearEntries(repository: Repository, run: RunId, path: string, everywhere = true): Promise<Failure | undefined> {
  const real = await realPlace(path);
  const entries = await listEntries(repository, everywhere ? undefined : namedAfter(path));
  for (const entry of entries) {
    const place = entry.path === undefined ? undefined : await realPlace(entry.path);
    if (place !== path && place !== real) continue;
    if (isLockedByPerson(entry)) return lockedByPerson(path, entry.locked ?? '');
    await keepHead(repository, run, entry);
    await doom(path);
    await dropEntry(repository, entry);
  }
  // One that cannot be removed, such as a container's files of root's, is in nobody's way.
  await removeDoomed(path).catch(() => undefined);
  return undefined;
}

function namedAfter(path: string): ((id: string) => boolean) | undefined {
  const name = basename(path);
  // Other names git changes before it uses them.
  if (!/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(name) || name.endsWith('.lock')) return undefined;
  return (id) => id.startsWith(name) && /^\d*$/.test(id.slice(name.length));
}

/** git locks an entry itself while it makes it, with this reason; a kill can leave the file empty, and then there is no HEAD yet. */
export function isLockedByPerson(entry: WorktreeEntry): boolean {
  if (entry.locked === undefined || entry.locked === 'initializing') return false;
  return entry.locked !== '' || isUsableHead(entry.head);
}

/** What `git worktree prune` does to an entry, for this one alone: a prune of all would take others' entries along. */
export async function dropEntry(repository: Repository, entry: WorktreeEntry): Promise<void> {
  await rm(entry.gitDir, { recursive: true, force: true });
  await rmdir(join(repository.commonDir, 'worktrees')).catch(() => undefined);
}

/** Commits that only this entry's HEAD leads to are kept before the entry goes. */
async function keepHead(repository: Repository, run: RunId, entry: WorktreeEntry): Promise<void> {
  if (!isUsableHead(entry.head)) return;
  const head = await repository.objects.commitId(`worktrees/${entry.id}/HEAD`);
  if (head === undefined) return;
  const contained = await tryGit(['for-each-ref', '--count=1', '--contains', head, 'refs/'], repository.place);
  if (contained.stdout.trim() === '') await moveRef(repository, runRef(run, `salvage/dropped/${head}`), null, head);
}

/** Uses a worktree again. Whatever stands in it that did not come through a commit of ours is kept under a ref first. */
async function reuse(
  repository: Repository,
  settings: WorktreeSettings,
  slot: WorktreeSlot,
  link: WorktreeLink,
  commit: CommitId,
): Promise<Result<PreparedWorktree, Failure>> {
  const place = worktreePlace(repository, link);
  await freeWorktree(link);
  try {
    const status = await treeStatus(place);
    if (slot.disposable === true) {
      await emptyScratch(place, status.dirty, commit);
      return ok({ path: slot.path, fresh: false });
    }
    const known = status.head === commit || (await isKept(repository, link, status.head, commit));
    if (status.dirty || !known) {
      await salvageWorktree(
        repository,
        settings.run,
        link,
        commit,
        unknownRef(settings.run, slot),
        `Found in the worktree of ${slot.plan} before an attempt`,
      );
    } else if (status.head !== commit || status.branch !== undefined) {
      await resetTo(place, commit);
    }
    await forgetTaken(link);
    await updateSubmodules(repository, link);
  } catch (error) {
    if (!(error instanceof GitError) || !isDamage(error)) throw error;
    // Not even git can read it; the folder as it is is the best copy there is.
    return err(await setAside(repository, settings.run, slot));
  }
  return ok({ path: slot.path, fresh: false });
}

/** Ignored files stay: they are what makes a worktree worth using again. */
async function emptyScratch(place: GitPlace, dirty: boolean, commit: CommitId): Promise<void> {
  await resetTo(place, commit);
  if (dirty) await git(['clean', '--quiet', '-f', '-f', '-d'], place);
}

function unknownRef(run: RunId, slot: Pick<WorktreeSlot, 'plan' | 'slot'>): string {
  return runRef(run, `salvage/${slot.plan}/found-${String(slot.slot).replace(/[^A-Za-z0-9_-]/g, '-')}`);
}

/** True when what stands at HEAD is on the plan's branch, as it is or carried over. */
async function isKept(repository: Repository, link: WorktreeLink, head: CommitId, commit: CommitId): Promise<boolean> {
  const became = await takenAs(link, head);
  if (became !== undefined && (await isAncestor(repository, became, commit))) return true;
  return head !== '' && (await isAncestor(repository, head, commit));
}

/** Submodules that were set up in this worktree follow its commit; others stay as empty as in any new worktree. */
async function updateSubmodules(repository: Repository, link: WorktreeLink): Promise<void> {
  if (!(await exists(join(link.gitDir, 'modules')))) return;
  await git(['submodule', '--quiet', 'update', '--recursive', '--force'], { ...worktreePlace(repository, link), timeout: 10 * 60_000 });
}

/** A worktree whose making was cut off is begun anew; what stands in it is kept if git can read it at all. */
export async function salvageUnfinished(
  repository: Repository,
  run: RunId,
  slot: Pick<WorktreeSlot, 'plan' | 'slot'>,
  link: WorktreeLink,
): Promise<void> {
  const head = await repository.objects.commitId(`worktrees/${link.id}/HEAD`);
  // Without an index no file was checked out yet.
  if (head === undefined || !(await exists(join(link.gitDir, 'index')))) return;
  await freeWorktree(link);
  const place = worktreePlace(repository, link);
  await git(['reset', '--quiet', '--mixed', head, '--'], place);
  // Files that are missing are those that were not written yet; only what is new or changed may be somebody's.
  const changed = await git(['diff-files', '--name-only', '--diff-filter=d', '-z'], place);
  const added = await git(['ls-files', '--others', '--exclude-standard', '-z'], place);
  if (changed + added !== '')
    await salvageWorktree(repository, run, link, head, unknownRef(run, slot), `Found in the unfinished worktree of ${slot.plan}`);
}

/** Writes a `.git` file that was deleted anew, where the repository's entry still names the folder. */
async function relink(repository: Repository, path: string): Promise<boolean> {
  const real = await realPlace(path);
  for (const entry of await listEntries(repository)) {
    if (entry.path === undefined || (await realPlace(entry.path)) !== real || !isUsableHead(entry.head)) continue;
    await writeFile(join(path, '.git'), `gitdir: ${entry.gitDir}\n`, { flag: 'wx' });
    return true;
  }
  return false;
}

/** Moves a folder of ours that is no worktree any more out of the way, whole, and says where it is. */
async function setAside(repository: Repository, run: RunId, slot: WorktreeSlot): Promise<Failure> {
  let kept = '';
  await withRepositoryLock(repository, `setting the worktree ${slot.path} aside`, async () => {
    kept = await moveAside(slot.path);
    await clearEntries(repository, run, slot.path);
  });
  await removeRecord(repository, slot.path);
  return {
    kind: 'person',
    code: 'worktree-set-aside',
    message: `the folder ${slot.path} was no usable worktree any more; it was moved to ${kept}`,
    hint: 'Look whether it holds something of value, then start again.',
  };
}

/** True for what only a damaged worktree answers, not a machine in trouble. */
function isDamage(error: GitError): boolean {
  if (error.kind === 'other') return torn.test(error.stderr);
  return error.kind === 'not-a-repository' || error.kind === 'no-such-ref' || error.kind === 'denied';
}

/** Words of git about an index or a link that a kill or a hand has torn. */
const torn = /index file (?:corrupt|smaller|open failed)|bad (?:index|signature)|unable to (?:map|read) index|invalid gitfile format|unknown index entry|unordered stage entries/i;

function occupied(path: string): Failure {
  return {
    kind: 'person',
    code: 'worktree-occupied',
    message: `${path} is needed for a worktree, and something else stands there`,
    hint: 'Move it away, or set `worktrees` to another folder.',
  };
}

function beingMade(path: string, pid: number): Failure {
  return {
    kind: 'busy',
    code: 'worktree-busy',
    message: `process ${pid} is making the worktree ${path}`,
    hint: 'Wait for it, then start again.',
  };
}

function lockedByPerson(path: string, reason: string): Failure {
  return {
    kind: 'person',
    code: 'worktree-locked',
    message: `the worktree ${path} is locked: ${reason}`,
    hint: `git worktree unlock ${path}`,
  };
}
