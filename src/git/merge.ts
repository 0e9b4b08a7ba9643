/** Merging in memory: trees and commits are made, no worktree and no ref is touched. */
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { CommitId } from '../model/ids.js';
import { attributesFolder } from './attributes.js';
import { commitMessage, commitTree } from './commit.js';
import type { MergeConflict, MergeMessage } from './deeds.js';
import { GitError, kindOf, lastLines } from './git-error.js';
import { git, tryGit } from './git.js';
import type { GitOptions } from './git.js';
import { heldHeads } from './held-work.js';
import type { Repository } from './repository.js';

/** Why two commits do not merge. */
export interface TreeConflict {
  /** Paths with a conflict, sorted; empty where the histories have nothing in common. */
  readonly files: readonly string[];
  /** What git says of each, such as `CONFLICT (content): Merge conflict in a.txt`. */
  readonly messages: readonly string[];
  /** The merged tree with conflict markers; absent where there is none. */
  readonly tree?: string;
}

export interface MergeOptions {
  /** Merge as if this were the only common ancestor: what brings a change from `base` to `theirs` onto `ours`. */
  readonly base?: CommitId;
}

/** The tree of merging commit `theirs` into commit `ours`, the same that `git merge` in a checkout of `ours` would give. */
export async function mergeTrees(
  repository: Repository,
  ours: CommitId,
  theirs: CommitId,
  options: MergeOptions = {},
): Promise<Result<{ readonly tree: string }, TreeConflict>> {
  const [left, right, flags] = await sides(repository, ours, theirs, options.base);
  const attributes = await attributesFolder(repository, ours);
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--messages', ...flags, left, right];
  const result = await tryGit(args, { ...repository.place, ...withAttributes(attributes), retries: 3 });
  if (result.code === 0) return ok({ tree: firstField(result.stdout) });
  if (result.code === 1) return err(parseConflict(result.stdout, [left, right]));
  if (/refusing to merge unrelated histories/.test(result.stderr)) return err({ files: [], messages: [lastLines(result.stderr)] });
  throw new GitError(args, kindOf(result.stderr), result.code, result.stderr);
}

/**
 * What merge-tree is run with so that it reads attributes (merge drivers, union, binary) from a folder: as if that were the
 * worktree, since a bare repository reads none where it runs, and one that names its worktree reads them there.
 */
export function withAttributes(folder: string | undefined): Pick<GitOptions, 'variables'> & { readonly cwd?: string } {
  return folder === undefined ? {} : { cwd: folder, variables: { GIT_WORK_TREE: folder } };
}

/**
 * Merges commits into `tip` one after another, in the order given, each as a merge commit of its own even where a fast-forward
 * would do. What `tip` or another of them contains already is left out; `tip` itself comes back when nothing is missing.
 */
export async function mergeInto(
  repository: Repository,
  tip: CommitId,
  commits: readonly { readonly name: string; readonly commit: CommitId }[],
  message: MergeMessage,
): Promise<Result<CommitId, MergeConflict>> {
  const wanted = await missingFrom(repository, tip, commits);
  let merged = tip;
  for (const next of wanted) {
    const plain = await mergeTrees(repository, merged, next.commit);
    const tree = plain.ok ? plain : ((await mergeKnowing(repository, merged, next.commit)) ?? plain);
    if (!tree.ok) return err({ name: next.name, commit: next.commit, files: tree.error.files });
    const subject = wanted.length > 1 ? `${message.subject} (${next.name})` : message.subject;
    merged = await commitTree(repository, {
      tree: tree.value.tree,
      parents: [merged, next.commit],
      message: commitMessage(subject, '', message.trailers),
    });
  }
  return ok(merged);
}

/**
 * As `mergeTrees`, where one side holds squashed or rebased what the other is built on: that work counts as common. Undefined: neither
 * side says so.
 */
async function mergeKnowing(
  repository: Repository,
  ours: CommitId,
  theirs: CommitId,
): Promise<Result<{ readonly tree: string }, TreeConflict> | undefined> {
  const [inOurs, inTheirs] = await Promise.all([heldHeads(repository, ours, [theirs]), heldHeads(repository, theirs, [ours])]);
  if (inOurs.length === 0 && inTheirs.length === 0) return undefined;
  const left = inOurs.length === 0 ? ours : await standIn(repository, ours, [ours, ...inOurs]);
  const right = inTheirs.length === 0 ? theirs : await standIn(repository, theirs, [theirs, ...inTheirs]);
  return mergeTrees(repository, left, right);
}

/** Those of the commits that are neither in `tip` nor in another of them, each once, in the order given. */
async function missingFrom<T extends { readonly commit: CommitId }>(
  repository: Repository,
  tip: CommitId,
  commits: readonly T[],
): Promise<T[]> {
  const distinct = [...new Map(commits.filter(({ commit }) => commit !== tip).map((each) => [each.commit, each])).values()];
  if (distinct.length === 0) return [];
  const printed = await git(['merge-base', '--independent', tip, ...distinct.map(({ commit }) => commit)], repository.place);
  const independent = new Set(printed.split('\n'));
  return distinct.filter(({ commit }) => independent.has(commit));
}

/**
 * What merge-tree is to be given so that it takes `base` for the common ancestor. Before git 2.40 it cannot be told:
 * a commit of our tree whose only parent is the base makes it find that by itself.
 */
async function sides(
  repository: Repository,
  ours: CommitId,
  theirs: CommitId,
  base: CommitId | undefined,
): Promise<readonly [CommitId, CommitId, readonly string[]]> {
  if (base === undefined) return [ours, theirs, []];
  if (repository.atLeast(2, 40)) return [ours, theirs, [`--merge-base=${base}`]];
  const parents = (await repository.objects.commit(theirs))?.parents ?? [];
  const left = await standIn(repository, ours, [base]);
  return [left, parents[0] === base ? theirs : await standIn(repository, theirs, [base]), []];
}

/** A commit with the tree of `commit` and other parents. It is never seen by anybody, and the same each time. */
async function standIn(repository: Repository, commit: CommitId, parents: readonly CommitId[]): Promise<CommitId> {
  const variables = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, 'plan'],
      [`GIT_${role}_EMAIL`, 'plan'],
      [`GIT_${role}_DATE`, '@0 +0000'],
    ]),
  ) as Record<string, string>;
  const written = await git(['commit-tree', '--no-gpg-sign', ...parents.flatMap((parent) => ['-p', parent]), `${commit}^{tree}`], {
    ...repository.place,
    input: '',
    variables,
  });
  return written.trim();
}

function firstField(output: string): string {
  const end = output.indexOf('\0');
  return (end < 0 ? output : output.slice(0, end)).trim();
}

/** The path that a conflict is about: where a file and a folder meet, merge-tree puts the file beside it, as `path~<its side>`. */
export function conflictPath(printed: string, sides: readonly [CommitId, CommitId]): string {
  const [, path = printed, side = ''] = /^(.+)~([0-9a-f]{40,64})(?:_\d+)?$/s.exec(printed) ?? [];
  return sides.includes(side) ? path : printed;
}

/** `<tree> NUL <path> NUL … NUL NUL`, then messages as `<count> NUL <path> NUL … <type> NUL <text> NUL`. */
function parseConflict(output: string, sides: readonly [CommitId, CommitId]): TreeConflict {
  const fields = output.split('\0');
  const files = new Set<string>();
  let index = 1;
  for (; index < fields.length && fields[index] !== ''; index += 1) files.add(conflictPath(fields[index] ?? '', sides));
  index += 1;
  const messages: string[] = [];
  while (index < fields.length) {
    const paths = Number(fields[index]);
    if (!Number.isInteger(paths) || fields[index] === '') break;
    const type = fields[index + 1 + paths] ?? '';
    const text = fields[index + 2 + paths] ?? '';
    if (type.startsWith('CONFLICT')) messages.push(text.trim());
    index += 3 + paths;
  }
  return { files: [...files].sort(), messages: messages.slice(0, 200), tree: fields[0] ?? '' };
}
