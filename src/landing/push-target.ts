/** The target on a remote: pushed with a lease on the value we built on, never over somebody else's work. */

import { withRepositoryLock } from '../git/repository-lock.js';
import { git, tryGit } from '../git/git.js';
import { GitError, lastLines } from '../git/git-error.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId } from '../model/ids.js';
import { blocked } from './target-checkout.js';
import type { RemoteBranch } from './target-ref.js';

export type PushOutcome =
  | { readonly kind: 'pushed' }
  /** The remote has something else than we built on: this. */
  | { readonly kind: 'moved'; readonly to: CommitId }
  | { readonly kind: 'refused'; readonly failure: Failure };

const networkTimeout = 5 * 60_000;

/** Moves the remote branch from `from` to `to`. What stands there already counts as pushed. */
export async function pushTarget(repository: Repository, branch: RemoteBranch, from: CommitId, to: CommitId): Promise<PushOutcome> {
  const args = ['push', '--porcelain', '--atomic', '--no-follow-tags', '--recurse-submodules=no', `--force-with-lease=${branch.ref}:${from}`, '--', branch.remote, `${to}:${branch.ref}`];
  let said: { readonly code: number; readonly stdout: string; readonly stderr: string };
  try {
    said = await tryGit(args, { ...repository.place, hooks: true, timeout: networkTimeout, variables: { LC_ALL: 'C' } });
  } catch (error) {
    if (!(error instanceof GitError) || error.kind !== 'timeout') throw error;
    said = { code: 128, stdout: '', stderr: `no answer within ${networkTimeout / 60_000} minutes` };
  }
  if (said.code === 0) return { kind: 'pushed' };
  const line = said.stdout.split('\n').find((one) => one.startsWith('!')) ?? '';
  if (/\[rejected\]/.test(line) || /stale info/.test(line)) {
    const now = await fetchTarget(repository, branch);
    if (typeof now !== 'string') return { kind: 'refused', failure: now };
    if (now === to) return { kind: 'pushed' };
    // The lease was on what the remote has: then it is not the lease that stands in the way.
    if (now !== from) return { kind: 'moved', to: now };
  }
  const name = `${branch.remote}/${branch.ref.replace(/^refs\/heads\//, '')}`;
  if (/\[remote rejected\]/.test(line)) {
    const [, , why = ''] = line.split('\t');
    const reason = `${why} ${lastLines(said.stderr)}`.trim();
    return { kind: 'refused', failure: blocked('push-rejected', `${name} does not take the landing: ${reason}`, 'If the branch is protected, set landing.pullRequests: true; else see to it that it can be pushed, and run it again.') };
  }
  return { kind: 'refused', failure: blocked('push-failed', `pushing to ${name} failed: ${lastLines(said.stderr)}`, `Check git push --dry-run ${branch.remote}, then run it again.`) };
}

/** What the remote branch is now, fetched; the failure when it cannot be asked. */
export async function fetchTarget(repository: Repository, branch: RemoteBranch): Promise<CommitId | Failure> {
  const refspec = branch.tracking === undefined ? branch.ref : `+${branch.ref}:${branch.tracking}`;
  const args = ['fetch', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance', '--', branch.remote, refspec];
  return withRepositoryLock(repository, 'fetch the target', async () => {
    try {
      await git(args, { ...repository.place, timeout: networkTimeout, retries: 2 });
      const listed = await git(['ls-remote', '--', branch.remote, branch.ref], { ...repository.place, timeout: networkTimeout });
      const [id = ''] = listed.split('\t');
      const known = await repository.objects.commitId(id);
      if (known !== undefined) return known;
      return blocked('fetch-failed', `${branch.remote} has no ${branch.ref}`, `Check git ls-remote ${branch.remote}.`);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      return blocked('fetch-failed', `fetching from ${branch.remote} failed: ${lastLines(error.stderr)}`, `Check git fetch ${branch.remote}, then run it again.`);
    }
  });
}
