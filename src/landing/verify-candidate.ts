/** Runs the verify command on a candidate, in a scratch worktree that stands exactly at it. */

import type { Result } from '../base/result.js';
import { git } from '../git/git.js';
import { treeStatus } from '../git/inspect.js';
import type { GitPlace } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import { requireLink, worktreePlace } from '../git/worktree-link.js';
import type { Failure } from '../model/failure.js';
import type { CommitId } from '../model/ids.js';
import type { LandingEvent } from '../model/landing-event.js';

/** A verification that is wanted. */
export interface VerifyRequest {
  readonly commit: CommitId;
  readonly tree: string;
  readonly attempt: number;
  readonly key: string;
  readonly command: string;
  readonly stop: AbortSignal;
}

/** How a command ended: what engine/run-command.ts gives. */
export interface VerifyEnd {
  /** Undefined when a signal, a timeout or `stop` ended it, or when it could not start. */
  readonly code: number | undefined;
  readonly timedOut: boolean;
  readonly stopped: boolean;
  readonly tail: string;
}

/** What verifying needs besides git. */
export interface VerifyTools {
  /** The lane's lasting worktree, reset to the commit; ignored files of earlier verifications stay. */
  readonly worktree: (commit: CommitId) => Promise<Result<{ readonly path: string }, Failure>>;
  /** Runs the command as a shell does, in a process group of its own, and waits until nothing of it is left. */
  readonly run: (command: string, cwd: string, stop: AbortSignal) => Promise<VerifyEnd>;
}

/** Exit code by which a verify command says that it cannot tell (as in `git bisect run`). */
const cannotTell = 125;
/** The shell found no such command, or may not run it: no candidate would ever be green. */
const cannotRun: ReadonlySet<number> = new Set([126, 127]);

/** Verifies and says what came out. A verification that changed tracked files has not verified what would land: it is red. */
export async function verifyCandidate(repository: Repository, request: VerifyRequest, tools: VerifyTools): Promise<readonly LandingEvent[]> {
  const { commit, tree, attempt, key, command, stop } = request;
  const verdict = (result: 'green' | 'red' | 'inconclusive' | 'abandoned', note?: string): LandingEvent => ({ kind: 'landing.verified', commit, tree, attempt, key, result, ...(note !== undefined && note !== '' && { note }) });
  if (stop.aborted) return [verdict('abandoned')];
  const prepared = await tools.worktree(commit);
  if (!prepared.ok) return [verdict('abandoned'), { kind: 'landing.refused', failure: prepared.error }];
  const { path } = prepared.value;
  const end = await tools.run(command, path, stop);
  if (end.stopped) return [verdict('abandoned')];
  if (end.timedOut) return [verdict('inconclusive', `took too long: ${end.tail}`)];
  if (end.code === cannotTell || end.code === undefined) return [verdict('inconclusive', end.tail)];
  if (cannotRun.has(end.code)) return [verdict('abandoned', end.tail), { kind: 'landing.refused', failure: commandMissing(command, end) }];
  if (end.code !== 0) return [verdict('red', end.tail)];
  const changed = await whatItChanged(repository, path, commit);
  return [changed === undefined ? verdict('green') : verdict('red', changed)];
}

/** Says how the worktree differs from the candidate after a verification; undefined when it does not. */
async function whatItChanged(repository: Repository, path: string, commit: CommitId): Promise<string | undefined> {
  const place = worktreePlace(repository, await requireLink(repository, path));
  if ((await treeStatus(place)).head !== commit) return 'the verify command moved HEAD of its worktree';
  const changed = await changedFiles(place);
  if (changed.length === 0) return undefined;
  // Files that git calls changed whatever is done with them (line endings against their attributes) are nobody's doing.
  await git(['reset', '--hard', '--quiet', commit], place);
  const always = new Set(await changedFiles(place));
  const byCommand = changed.filter((file) => !always.has(file));
  if (byCommand.length === 0) return undefined;
  return `the verify command changed tracked files: ${byCommand.slice(0, 5).join(', ')}${byCommand.length > 5 ? ` and ${byCommand.length - 5} more` : ''}`;
}

async function changedFiles(place: GitPlace): Promise<string[]> {
  const printed = await git(['status', '--porcelain=v1', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules=dirty'], { ...place, retries: 3 });
  return printed.split('\0').filter((entry) => entry.length > 3).map((entry) => entry.slice(3));
}

function commandMissing(command: string, end: VerifyEnd): Failure {
  return {
    kind: 'person',
    code: 'verify-cannot-run',
    message: `the verify command cannot be run (exit ${end.code ?? '?'}): ${command}${end.tail === '' ? '' : `: ${end.tail}`}`,
    hint: 'Correct defaults.verify in the manifest (or install what it needs), then run it again.',
  };
}
