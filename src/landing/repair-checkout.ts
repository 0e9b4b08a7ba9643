/**
 * A checkout that was being brought along when we were killed. git writes files first, then the index, then moves the branch: where
 * the index is new the branch is moved too, else our half-written files are taken back. What a person typed since stays.
 */

import { createHash } from 'node:crypto';
import { lstat, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { shellWord } from '../base/text.js';
import { removeAbandonedLock } from '../git/abandoned-lock.js';
import { exists } from '../git/files.js';
import { git, tryGit } from '../git/git.js';
import { GitError, lastLines } from '../git/git-error.js';
import { gitFolderState } from '../git/inspect.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import { clearMark, markFile, readMark, removeHalfWrittenMark, type MoveMark } from './move-mark.js';
import { blocked, checkoutPlace } from './target-checkout.js';
import { TreeChanges, type TreeChange } from './tree-changes.js';
import { treeOf } from './tree-of.js';

/** Finishes or takes back the move that a dead process left; the caller holds the repository's lock. Gives why it cannot. */
export async function repairCheckout(repository: Repository): Promise<Failure | undefined> {
  await removeHalfWrittenMark(repository);
  const mark = await readMark(repository);
  if (mark === undefined) return undefined;
  const failure = await repair(repository, mark);
  if (failure === undefined) await clearMark(markFile(repository));
  return failure;
}

/**
 * Takes back what git did in a checkout whose branch it then could not move (its ref is locked or cannot be written, the disk is
 * full): files and index are again those of the branch. The caller holds the repository's lock. False: a later repair has to.
 */
export async function takeBackCheckout(repository: Repository, mark: MoveMark): Promise<boolean> {
  const moved = await movedBetween(repository, mark);
  try {
    // Index and files go back together, and nothing else that is not committed there is touched.
    if (await indexIsNew(repository, mark, moved)) return (await tryGit(['read-tree', '-m', '-u', mark.to, mark.from], checkoutPlace(repository, mark))).code === 0;
    return (await takeBack(repository, mark, moved)) === undefined;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return false;
  }
}

async function repair(repository: Repository, mark: MoveMark): Promise<Failure | undefined> {
  const state = await gitFolderState(mark.gitDir).catch(() => undefined);
  // Removed by hand, or a person went on to something else there: nothing of it is ours any more.
  if (state?.head !== `ref: ${mark.ref}` || !(await exists(mark.path))) return undefined;
  // Our own ref mover is a git that stays: it must not be taken for somebody who holds these locks.
  repository.mover.close();
  const locks = [join(mark.gitDir, 'index.lock'), join(mark.gitDir, 'HEAD.lock'), join(repository.commonDir, `${mark.ref}.lock`)];
  for (const lock of locks) {
    if (!(await isFreed(lock, [mark.path, mark.gitDir]))) {
      return blocked('target-checkout-locked', `another git works in ${mark.path}: ${lock} is held`, `Wait for it, or remove the file if no git runs there, then run it again.`);
    }
  }
  const stands = await repository.objects.commitId(mark.ref);
  if (stands !== mark.from) return undefined;
  const moved = await movedBetween(repository, mark);
  return (await indexIsNew(repository, mark, moved)) ? finish(repository, mark) : takeBack(repository, mark, moved);
}

async function movedBetween(repository: Repository, mark: MoveMark): Promise<readonly TreeChange[]> {
  const changes = new TreeChanges(repository);
  try {
    const [before, after] = await Promise.all([treeOf(repository, mark.from), treeOf(repository, mark.to)]);
    return await changes.between(before, after);
  } finally {
    changes.close();
  }
}

/** A git that outlived us may still be at work: it is given a moment to finish what it began. */
async function isFreed(lock: string, folders: readonly string[]): Promise<boolean> {
  for (let attempt = 0; attempt < lockAttempts; attempt += 1) {
    if (await removeAbandonedLock(lock, folders)) return true;
    await pause(lockPause);
  }
  return false;
}

const lockAttempts = 50;
const lockPause = 100;

async function indexIsNew(repository: Repository, mark: MoveMark, moved: readonly TreeChange[]): Promise<boolean> {
  const printed = await git(['diff-index', '--cached', '--name-only', '--no-renames', '-z', mark.to], { ...checkoutPlace(repository, mark), outputLimit: 512 * 1024 * 1024 });
  const differs = new Set(printed.split('\0'));
  return !moved.some((change) => differs.has(change.path));
}

async function finish(repository: Repository, mark: MoveMark): Promise<Failure | undefined> {
  const result = await tryGit(['update-ref', '-m', 'plan: land', 'HEAD', mark.to, mark.from], { ...checkoutPlace(repository, mark), retries: 6 });
  if (result.code === 0) return undefined;
  return blocked('target-checkout-refused', `${mark.ref} could not be moved: ${lastLines(result.stderr)}`, `See git -C ${shellWord(mark.path)} status, then run it again.`);
}

async function takeBack(repository: Repository, mark: MoveMark, moved: readonly TreeChange[]): Promise<Failure | undefined> {
  const place = checkoutPlace(repository, mark);
  const restore: string[] = [];
  for (const change of moved) {
    if (change.toMode === submodule || change.fromMode === submodule) continue;
    if (!(await isOurs(repository, mark, change))) continue;
    if (change.fromMode === absent) await removeFile(mark.path, change.path);
    else restore.push(change.path);
  }
  // From the index, which is the old one: only paths that hold nothing but what git put there.
  if (restore.length > 0) await git(['checkout-index', '--force', '-z', '--stdin'], { ...place, input: restore.map((path) => `${path}\0`).join('') });
  await tryGit(['update-index', '-q', '--refresh'], place);
  return undefined;
}

const submodule = '160000';
const absent = '000000';
const link = '120000';

/** True when the path holds the old content, the new one, or a beginning of the new one: nothing that a person typed. */
async function isOurs(repository: Repository, mark: MoveMark, change: TreeChange): Promise<boolean> {
  const file = join(mark.path, change.path);
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return true;
  if (found.isSymbolicLink()) {
    const id = blobId(repository, Buffer.from(await readlink(file)));
    return (change.fromMode === link && id === change.fromId) || (change.toMode === link && id === change.toId);
  }
  if (!found.isFile()) return false;
  const hashed = await tryGit(['hash-object', '--', change.path], checkoutPlace(repository, mark));
  const id = hashed.stdout.trim();
  if (id === change.fromId || id === change.toId) return true;
  if (change.toMode === absent) return false;
  const content = await readFile(file);
  const whole = (await repository.objects.read(change.toId))?.content;
  if (whole === undefined) return false;
  return isBeginning(content, whole) || isBeginning(content, Buffer.from(whole.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'));
}

function isBeginning(part: Buffer, whole: Buffer): boolean {
  return part.length <= whole.length && whole.subarray(0, part.length).equals(part);
}

function blobId(repository: Repository, content: Buffer): string {
  return createHash(repository.objectFormat).update(`blob ${content.length}\0`).update(content).digest('hex');
}

async function removeFile(top: string, path: string): Promise<void> {
  await rm(join(top, path), { force: true });
  // Folders that git made for it go too, as far as nothing else is in them.
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    try {
      await rmdir(join(top, folder));
    } catch {
      return;
    }
  }
}
