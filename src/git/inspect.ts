/** What stands in a worktree: one `git status`, and the files that tell of a merge or rebase under way. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularText } from '../base/regular-file.js';
import type { CommitId } from '../model/ids.js';
import { GitError } from './git-error.js';
import { git } from './git.js';
import type { GitPlace } from './git.js';

export interface TreeStatus {
  readonly head: CommitId;
  /** The branch that HEAD is attached to, short; undefined when it is detached. */
  readonly branch: string | undefined;
  /** Something differs from HEAD that a commit would take up; ignored files do not count. */
  readonly dirty: boolean;
  /** Paths that are still in conflict. */
  readonly unmerged: readonly string[];
  /** Submodules with changes inside that no commit of the repository around them can hold. */
  readonly openSubmodules: readonly string[];
}

const statusArguments = [
  'status',
  '--porcelain=v2',
  '--branch',
  '-z',
  '--untracked-files=normal',
  '--ignore-submodules=none',
  '--no-renames',
  '--no-ahead-behind',
];

/**
 * Asks git for the state of a worktree of ours. One process. It may write the index anew: entries as young as the index would
 * otherwise be read and hashed each time, all files of a worktree that was just made.
 */
export async function treeStatus(place: GitPlace): Promise<TreeStatus> {
  const ask = (): Promise<string> => git([...statusArguments], { ...place, variables: { GIT_OPTIONAL_LOCKS: '1' }, retries: 3 });
  // Somebody killed it, but it only reads: hours of an attempt's work shall not wait for a person because of that.
  const again = (error: unknown): Promise<string> => {
    if (error instanceof GitError && error.kind === 'killed') return ask();
    throw error;
  };
  return parseStatus(await ask().catch(again));
}

/** Reads `status --porcelain=v2 --branch -z`. */
export function parseStatus(output: string): TreeStatus {
  let head = '';
  let branch: string | undefined;
  let dirty = false;
  const unmerged: string[] = [];
  const openSubmodules: string[] = [];
  for (const entry of output.split('\0')) {
    if (entry.startsWith('# branch.oid ')) head = entry.slice(13);
    else if (entry.startsWith('# branch.head ')) branch = entry.slice(14) === '(detached)' ? undefined : entry.slice(14);
    else if (entry.startsWith('u ')) unmerged.push(pathAfter(entry, 10));
    else if (entry.startsWith('1 ')) {
      const [, states = '', submodule = 'N...'] = entry.split(' ', 3);
      if (/^S.(M.|.U)$/.test(submodule)) openSubmodules.push(pathAfter(entry, 8));
      dirty ||= !(submodule.startsWith('S.') && states === '.M');
    } else if (entry.startsWith('? ')) dirty = true;
  }
  return { head: head === '(initial)' ? '' : head, branch, dirty: dirty || unmerged.length > 0, unmerged, openSubmodules };
}

/** What remains of an entry after a number of fields: the path, which may hold spaces. */
function pathAfter(entry: string, fields: number): string {
  let at = 0;
  for (let field = 0; field < fields; field += 1) at = entry.indexOf(' ', at) + 1;
  return entry.slice(at);
}

/** An operation of several steps that somebody began in the worktree and did not end. */
export type Unfinished = 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'am' | 'bisect';

const signs: readonly (readonly [string, Unfinished])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'am'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['sequencer', 'cherry-pick'],
  ['BISECT_LOG', 'bisect'],
];

/** What git's own notes in the worktree's git folder say, without asking git. */
export interface GitFolderState {
  readonly unfinished: Unfinished | undefined;
  readonly names: ReadonlySet<string>;
  /** Raw content of HEAD: `ref: …` when attached. */
  readonly head: string;
}

/** Looks into a worktree's git folder. No process. */
export async function gitFolderState(gitDir: string): Promise<GitFolderState> {
  const [names, head] = await Promise.all([readdir(gitDir), readRegularText(join(gitDir, 'HEAD')).catch(() => '')]);
  const present = new Set(names);
  return { unfinished: signs.find(([name]) => present.has(name))?.[1], names: present, head: head.trim() };
}
