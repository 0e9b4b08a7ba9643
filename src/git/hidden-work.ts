/**
 * Commits that an executor made and that its HEAD no longer leads to: amended, reset away, rebased, stashed.
 * They are found in the worktree's own reflog and kept under refs, so that nothing anybody committed is ever lost.
 */
import { join } from 'node:path';
import { readRegularBytes, readRegularText } from '../base/regular-file.js';
import type { CommitId } from '../model/ids.js';
import { isAncestor, moveRef } from './refs.js';
import type { Repository } from './repository.js';
import type { WorktreeLink } from './worktree-link.js';

/** How far back one attempt's reflog is read, and how many commits of it are kept. */
const reflogBytes = 256 * 1024;
const keptCommits = 200;

/** Commits that the worktree's HEAD was at or that were stashed from it, in that order, since we last moved it. No process. */
export async function findHidden(repository: Repository, link: WorktreeLink, base: CommitId): Promise<readonly CommitId[]> {
  const moves = sinceOurs(await readTail(join(link.gitDir, 'logs', 'HEAD')));
  const rebased = await Promise.all(
    ['rebase-merge', 'rebase-apply'].map((name) => readRegularText(join(link.gitDir, name, 'orig-head')).catch(() => '')),
  );
  const stashes = await newStashes(repository, link, new Set([base, ...moves.flatMap((move) => [move.from, move.to])]));
  const seen = [...moves.map((move) => move.to), ...rebased.map((id) => id.trim()), ...stashes];
  return [...new Set(seen)].filter((id) => /^[0-9a-f]{40,64}$/.test(id) && !/^0+$/.test(id)).slice(-keptCommits);
}

/** Keeps those of the commits that neither are among `reached` nor lie behind `head`, each under `<prefix><commit>`. */
export async function keepHidden(
  repository: Repository,
  prefix: string,
  commits: readonly CommitId[],
  reached: ReadonlySet<CommitId>,
  head: CommitId,
): Promise<void> {
  for (const commit of commits) {
    if (reached.has(commit) || (await repository.objects.commitId(commit)) === undefined) continue;
    if (head !== '' && (await isAncestor(repository, commit, head))) continue;
    await moveRef(repository, `${prefix}${commit}`, null, commit);
  }
}

interface HeadMove {
  readonly from: CommitId;
  readonly to: CommitId;
  readonly message: string;
}

/** `<old> <new> <who> <when> TAB <message>`; what we did ourselves is marked by our reflog action. */
function sinceOurs(log: string): HeadMove[] {
  const moves: HeadMove[] = [];
  for (const line of log.split('\n').reverse()) {
    const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t]*\t?(.*)$/.exec(line);
    if (match === null) continue;
    const [, from = '', to = '', message = ''] = match;
    if (/^plan\b/.test(message)) break;
    moves.push({ from, to, message });
  }
  return moves.reverse();
}

/** The top of the stash when we last looked on behalf of a worktree, by its id. */
const lastStash = new WeakMap<Repository, Map<string, string>>();

/** Entries of the stash, which all worktrees share, that were made on one of these commits; none where it is as it was. */
async function newStashes(repository: Repository, link: WorktreeLink, commits: ReadonlySet<CommitId>): Promise<CommitId[]> {
  const last = lastStash.get(repository) ?? new Map<string, string>();
  lastStash.set(repository, last);
  const top = (await repository.objects.info('refs/stash'))?.id;
  if (top === undefined || last.get(link.id) === top) return [];
  last.set(link.id, top);
  const log = await readTail(join(repository.commonDir, 'logs', 'refs', 'stash'));
  const found: CommitId[] = [];
  for (const line of log.split('\n').slice(-keptCommits)) {
    const id = line.split(' ')[1] ?? '';
    const parent = /^[0-9a-f]{40,64}$/.test(id) ? (await repository.objects.commit(id))?.parents[0] : undefined;
    if (parent !== undefined && commits.has(parent)) found.push(id);
  }
  return found;
}

async function readTail(file: string): Promise<string> {
  const content = await readRegularBytes(file).catch(() => Buffer.alloc(0));
  return content.subarray(Math.max(0, content.length - reflogBytes)).toString('utf8');
}
