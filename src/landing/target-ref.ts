/** What the name of a target stands for: a branch of this repository, or one of a remote. */

import { git, tryGit } from '../git/git.js';
import type { Repository } from '../git/repository.js';

/** A branch on a remote, and the ref that remembers where it was. */
export interface RemoteBranch {
  readonly remote: string;
  /** Full name on the remote, `refs/heads/main`. */
  readonly ref: string;
  /** `refs/remotes/origin/main`; undefined where nothing is fetched. */
  readonly tracking: string | undefined;
}

export type Target =
  | { readonly kind: 'local'; /** `refs/heads/…`. */ readonly ref: string; readonly short: string }
  | { readonly kind: 'remote'; readonly ref: string; readonly short: string; readonly branch: RemoteBranch };

/** Finds out what a target is; undefined when no such ref exists. `name` is short (`main`, `origin/main`) or full. */
export async function findTarget(repository: Repository, name: string): Promise<Target | undefined> {
  for (const ref of name.startsWith('refs/') ? [name] : [`refs/heads/${name}`, `refs/remotes/${name}`]) {
    if ((await repository.objects.info(ref)) === undefined) continue;
    if (ref.startsWith('refs/heads/')) {
      // A branch may itself be a symbolic ref to another.
      const behind = (await tryGit(['symbolic-ref', '--quiet', ref], repository.place)).stdout.trim();
      const real = behind.startsWith('refs/heads/') ? behind : ref;
      return { kind: 'local', ref: real, short: real.slice('refs/heads/'.length) };
    }
    const branch = ref.startsWith('refs/remotes/') ? await remoteOf(repository, ref) : undefined;
    if (branch) return { kind: 'remote', ref, short: ref.slice('refs/remotes/'.length), branch };
  }
  return undefined;
}

/** The remote branch that a local one is pushed to: its upstream, else the one of the same name on `origin` or the only remote. */
export async function upstreamOf(repository: Repository, target: Target & { kind: 'local' }): Promise<RemoteBranch | undefined> {
  const format = '%(upstream:remotename)%00%(upstream:remoteref)%00%(upstream)';
  const [remote = '', ref = '', tracking = ''] = (await git(['for-each-ref', `--format=${format}`, target.ref], repository.place)).trim().split('\0');
  if (remote !== '' && remote !== '.' && ref !== '') return { remote, ref, tracking: tracking === '' ? undefined : tracking };
  const remotes = await remotesOf(repository);
  const only = remotes.includes('origin') ? 'origin' : remotes.length === 1 ? remotes[0] : undefined;
  return only === undefined ? undefined : { remote: only, ref: target.ref, tracking: `refs/remotes/${only}/${target.short}` };
}

/** The remote whose fetches write this tracking ref. */
async function remoteOf(repository: Repository, tracking: string): Promise<RemoteBranch | undefined> {
  const rest = tracking.slice('refs/remotes/'.length);
  const remotes = (await remotesOf(repository)).filter((remote) => rest.startsWith(`${remote}/`)).sort((a, b) => b.length - a.length);
  const [remote] = remotes;
  return remote === undefined ? undefined : { remote, ref: `refs/heads/${rest.slice(remote.length + 1)}`, tracking };
}

async function remotesOf(repository: Repository): Promise<string[]> {
  return (await git(['remote'], repository.place)).split('\n').filter((name) => name !== '');
}
