/** The target on the remote, in memory: a push with a lease on what was last heard of it, as src/landing/push-target.ts makes it. */
import type { CommitId } from '../../src/model/ids.js';
import type { SimRepository } from './sim-git.js';

export type SimPush =
  | { readonly kind: 'pushed' }
  /** The remote has this. */
  | { readonly kind: 'moved'; readonly to: CommitId }
  | { readonly kind: 'refused'; readonly code: 'target-diverged' };

const main = 'refs/heads/main';

/** Pushes the target, which stands at `now` here, to `to`; `careless`: over whatever stands there. */
export function pushTarget(repository: SimRepository, now: CommitId, to: CommitId, careless = false): SimPush {
  const { remote, tracking } = repository;
  const known = tracking.get(main);
  if (!careless && known !== undefined && known !== to && !repository.isAncestor(known, to)) {
    return repository.isAncestor(now, known) ? { kind: 'moved', to: known } : { kind: 'refused', code: 'target-diverged' };
  }
  const there = remote.get(main) as CommitId;
  if (!careless && there !== known && there !== to) {
    tracking.set(main, there);
    return { kind: 'moved', to: there };
  }
  remote.set(main, to);
  tracking.set(main, to);
  return { kind: 'pushed' };
}
