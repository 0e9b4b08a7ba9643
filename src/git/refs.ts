/** Names of commits: resolve, move by compare-and-swap, pin, list, and put back. */
import { assert } from '../base/assert.js';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { CommitId, RunId } from '../model/ids.js';
import { GitError } from './git-error.js';
import { git, tryGit } from './git.js';
import type { Repository } from './repository.js';

/** Where a run keeps its refs. Never `refs/plan/`: that would shadow branches named `plan/…`. */
export const runRefs = 'refs/plan-runs/';

/** The full name of a run's own ref; `name` may hold slashes. */
export function runRef(run: RunId, name: string): string {
  return `${runRefs}${run}/${name}`;
}

/** The commit that a ref or expression names; undefined when there is none. Never taken for an option. */
export function resolveCommit(repository: Repository, ref: string): Promise<CommitId | undefined> {
  return repository.objects.commitId(ref);
}

/** True when `ancestor` is reachable from `commit`, or is it. */
export async function isAncestor(repository: Repository, ancestor: CommitId, commit: CommitId): Promise<boolean> {
  if (ancestor === commit) return true;
  if (await isCloseAncestor(repository, ancestor, commit)) return true;
  const result = await tryGit(['merge-base', '--is-ancestor', ancestor, commit], repository.place);
  if (result.code > 1) throw new GitError(['merge-base', '--is-ancestor', ancestor, commit], 'no-such-ref', result.code, result.stderr);
  return result.code === 0;
}

/** Looks along a few first parents without a process: most questions are about the commit just before. */
async function isCloseAncestor(repository: Repository, ancestor: CommitId, commit: CommitId): Promise<boolean> {
  let at = commit;
  for (let step = 0; step < 8; step += 1) {
    const parent = (await repository.objects.commit(at))?.parents[0];
    if (parent === undefined) return false;
    if (parent === ancestor) return true;
    at = parent;
  }
  return false;
}

/** What stands at a ref that did not have the expected value; null: it does not exist. */
export interface Found {
  readonly found: CommitId | null;
}

/** Moves one ref from a value to another (null: absent), atomically; a ref that is at `to` already counts as moved. */
export async function moveRef(
  repository: Repository,
  ref: string,
  from: CommitId | null,
  to: CommitId | null,
): Promise<Result<void, Found>> {
  assert(ref.startsWith('refs/'), `a ref is moved by its full name: ${ref}`);
  if ((await repository.mover.move(ref, from, to, repository.nullId)) === 'moved') return ok(undefined);
  const found = (await repository.objects.info(ref))?.id ?? null;
  return found === to ? ok(undefined) : err({ found });
}

/** Creates a ref that never moves. The same commit again is fine; another one is a bug of ours. */
export async function pinRef(repository: Repository, ref: string, commit: CommitId): Promise<void> {
  const moved = await moveRef(repository, ref, null, commit);
  assert(moved.ok, `${ref} is pinned already, to ${moved.ok ? '' : moved.error.found}, and cannot be pinned to ${commit}`);
}

export interface Ref {
  readonly name: string;
  readonly id: string;
  /** What a symbolic ref stands for; '' for others. */
  readonly symbolic: string;
}

/** Refs below the given prefixes (such as `refs/heads/`), sorted by name. */
export async function listRefs(repository: Repository, ...prefixes: readonly string[]): Promise<Ref[]> {
  const output = await git(['for-each-ref', '--format=%(refname)%00%(objectname)%00%(symref)', '--', ...prefixes], repository.place);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', id = '', symbolic = ''] = line.split('\0');
      return { name, id, symbolic };
    });
}

/** The values of refs before a run moves them: null for those that do not exist. What `plan undo --run` puts back. */
export async function backupRefs(repository: Repository, names: readonly string[]): Promise<Record<string, CommitId | null>> {
  const values = await Promise.all(names.map(async (name) => [name, (await repository.objects.info(name))?.id ?? null] as const));
  return Object.fromEntries(values);
}
