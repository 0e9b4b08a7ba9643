/**
 * The target where somebody has it checked out: is it safe to bring that checkout along, do it, and repair it after a kill.
 * Nothing that a person may have typed is overwritten, stashed or left out of step.
 */

import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { shellWord } from '../base/text.js';
import { exists } from '../git/files.js';
import { git, tryGit } from '../git/git.js';
import type { GitPlace } from '../git/git.js';
import { lastLines } from '../git/git-error.js';
import { gitFolderState } from '../git/inspect.js';
import type { Repository } from '../git/repository.js';
import { entryFolders, lineOf, readEntry } from '../git/worktree-link.js';
import type { Failure } from '../model/failure.js';
import type { CommitId } from '../model/ids.js';

/** A worktree whose HEAD is the target. */
export interface Checkout {
  /** Absolute. */
  readonly path: string;
  readonly gitDir: string;
}

/** Every worktree that has the branch checked out, and those in whose middle of a rebase or bisect it is. No process. */
export async function checkoutsOf(repository: Repository, ref: string): Promise<{ readonly attached: readonly Checkout[]; readonly busy: readonly Checkout[] }> {
  const attached: Checkout[] = [];
  const busy: Checkout[] = [];
  const main = repository.main === undefined ? [] : [repository.commonDir];
  for (const gitDir of [...main, ...(await entryFolders(repository))]) {
    const isAttached = lineOf(join(gitDir, 'HEAD')) === `ref: ${ref}`;
    // Most of hundreds are ours and detached: no more of them is read.
    if (!isAttached && !isBusyWith(gitDir, ref)) continue;
    const path = gitDir === repository.commonDir ? repository.main : (await readEntry(gitDir, basename(gitDir))).path;
    // A worktree whose folder was removed by hand has nothing that could get out of step.
    if (path !== undefined && (await exists(path))) (isAttached ? attached : busy).push({ path, gitDir });
  }
  return { attached, busy };
}

function isBusyWith(gitDir: string, ref: string): boolean {
  return ['rebase-merge/head-name', 'rebase-apply/head-name', 'BISECT_START'].some((name) => {
    const file = join(gitDir, name);
    const branch = existsSync(file) ? lineOf(file) : '';
    return branch === ref || `refs/heads/${branch}` === ref;
  });
}

/** Where git runs for a checkout. */
export function checkoutPlace(repository: Repository, checkout: Checkout): GitPlace {
  return { cwd: checkout.path, gitDir: checkout.gitDir, environment: repository.environment };
}

/** A path that differs between two commits, and whether the first has it. */
export interface MovedPath {
  readonly path: string;
  readonly status: string;
}

/** Paths that going from one commit to the other changes. One process. */
export async function movedPaths(repository: Repository, from: CommitId, to: CommitId): Promise<readonly MovedPath[]> {
  const printed = await git(['diff-tree', '-r', '-z', '--no-renames', '--name-status', from, to], { ...repository.place, outputLimit: 512 * 1024 * 1024 });
  const fields = printed.split('\0');
  const moved: MovedPath[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) moved.push({ status: fields[at] as string, path: fields[at + 1] as string });
  return moved;
}

/** Why the checkout cannot be brought along; undefined when it can. `moved`: what the landing changes. */
export async function refuseCheckout(repository: Repository, checkout: Checkout, short: string, moved: readonly MovedPath[]): Promise<Failure | undefined> {
  const state = await gitFolderState(checkout.gitDir);
  if (state.unfinished !== undefined) {
    return blocked('target-checkout-busy', `${short} is checked out in ${checkout.path}, in the middle of a ${state.unfinished}`, `Finish or abort the ${state.unfinished} there, then run it again.`);
  }
  const inTheWay = await pathsInTheWay(repository, checkout, moved);
  if (inTheWay.length === 0) return undefined;
  return blocked(
    'target-checkout-dirty',
    `${short} is checked out in ${checkout.path}, and landing would overwrite what is not committed there: ${listed(inTheWay)}`,
    `Commit or move it (git -C ${shellWord(checkout.path)} stash push --include-untracked -- ${inTheWay.slice(0, 3).map(shellWord).join(' ')}${inTheWay.length > 3 ? ' …' : ''}), then run it again.`,
  );
}

/** Changed, staged, untracked and ignored paths of the checkout that the landing would write. */
export async function pathsInTheWay(repository: Repository, checkout: Checkout, moved: readonly MovedPath[]): Promise<string[]> {
  const place = checkoutPlace(repository, checkout);
  const found = new Set<string>();
  const touched = new Set(moved.map((one) => one.path));
  const status = await git(['status', '--porcelain=v2', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules=dirty'], { ...place, outputLimit: 512 * 1024 * 1024 });
  for (const entry of status.split('\0')) {
    const path = entry.startsWith('1 ') ? after(entry, 8) : entry.startsWith('u ') ? after(entry, 10) : undefined;
    if (path !== undefined && touched.has(path)) found.add(path);
  }
  // Files that a person told git not to look at may differ all the same.
  for (const path of await hiddenPaths(place, touched)) found.add(path);
  const removed = new Set(moved.filter((one) => one.status === 'D').map((one) => one.path));
  for (const { path, status: kind } of moved) {
    if (kind !== 'A') continue;
    const obstacle = await obstacleAt(checkout.path, path, removed);
    if (obstacle !== undefined) found.add(obstacle);
  }
  return [...found].sort();
}

/** Paths marked assume-unchanged whose content differs from the index: `git status` does not show them, a merge would overwrite them. */
async function hiddenPaths(place: GitPlace, touched: ReadonlySet<string>): Promise<string[]> {
  const listing = await git(['ls-files', '-z', '-v', '-s'], { ...place, outputLimit: 512 * 1024 * 1024 });
  const hidden: string[] = [];
  for (const line of listing.split('\0')) {
    // `h 100644 <id> 0<TAB>path`: a small letter is assume-unchanged, S is skip-worktree.
    const path = line.slice(line.indexOf('\t') + 1);
    if (!/^[a-zS] /.test(line) || !touched.has(path)) continue;
    if (!(await exists(join(place.cwd, path)))) continue;
    const [, , id] = line.split(' ');
    const actual = await tryGit(['hash-object', '--', path], place);
    if (actual.stdout.trim() !== id) hidden.push(path);
  }
  return hidden;
}

/** What stands where a new file would be written: the file itself, or something on the way that is no folder of its own. */
async function obstacleAt(top: string, path: string, removed: ReadonlySet<string>): Promise<string | undefined> {
  const parts = path.split('/');
  for (let length = 1; length <= parts.length; length += 1) {
    const part = parts.slice(0, length).join('/');
    const found = await lstat(join(top, part)).catch(() => undefined);
    if (found === undefined) return undefined;
    if (removed.has(part)) return undefined;
    if (length === parts.length) return found.isDirectory() && (onlyRemoved(part, removed)) ? undefined : part;
    if (!found.isDirectory()) return part;
  }
  return undefined;
}

/** A folder that becomes a file: the landing itself removes what was in it. What else is in it git refuses to lose. */
function onlyRemoved(folder: string, removed: ReadonlySet<string>): boolean {
  return [...removed].some((path) => path.startsWith(`${folder}/`));
}

/** Moves the checkout's branch, index and files forward to `to`; refuses rather than overwrite anything. */
export async function forwardCheckout(repository: Repository, checkout: Checkout, short: string, to: CommitId): Promise<Failure | undefined> {
  const args = ['-c', 'submodule.recurse=false', 'merge', '--ff-only', '--no-overwrite-ignore', '--no-autostash', '--no-squash', '--commit', '--no-verify-signatures', '--quiet', '--no-stat', to];
  const result = await tryGit(args, { ...checkoutPlace(repository, checkout), hooks: true, timeout: checkoutTimeout, variables: { GIT_REFLOG_ACTION: 'plan: land', LC_ALL: 'C' }, retries: 3 });
  if (result.code === 0) return undefined;
  return blocked('target-checkout-refused', `the checkout of ${short} in ${checkout.path} could not be brought along: ${lastLines(result.stderr, 6)}`, `See git -C ${shellWord(checkout.path)} status, then run it again.`);
}

/** A large checkout with filters takes minutes, not hours. */
const checkoutTimeout = 30 * 60_000;

/** A failure that waits for a person. */
export function blocked(code: string, message: string, hint: string): Failure {
  return { kind: 'person', code, message, hint };
}

function listed(paths: readonly string[]): string {
  return `${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`;
}

function after(entry: string, fields: number): string {
  let at = 0;
  for (let field = 0; field < fields; field += 1) at = entry.indexOf(' ', at) + 1;
  return entry.slice(at);
}
