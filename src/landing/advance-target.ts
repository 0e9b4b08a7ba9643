/**
 * The only code that moves the target. It moves once, by compare-and-swap, from the commit that the candidates were built on to
 * the very commit that was verified, under the repository's lock; a checkout of the target is brought along or the move refused.
 */

import { shellWord } from '../base/text.js';
import { assert } from '../base/assert.js';
import { GitError, kindOf, lastLines } from '../git/git-error.js';
import { tryGit } from '../git/git.js';
import { isAncestor } from '../git/refs.js';
import { withRepositoryLock } from '../git/repository-lock.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { LandingEvent } from '../model/landing-event.js';
import { clearMark, markMove, type MoveMark } from './move-mark.js';
import { repairCheckout, takeBackCheckout } from './repair-checkout.js';
import { pushTarget } from './push-target.js';
import { blocked, checkoutsOf, forwardCheckout, movedPaths, refuseCheckout, type Checkout } from './target-checkout.js';
import { findTarget, upstreamOf, type RemoteBranch, type Target } from './target-ref.js';

/** A move of the target that is wanted. */
export interface AdvanceRequest {
  /** As the user named it: `main`, `origin/main`. */
  readonly target: string;
  readonly plans: readonly PlanId[];
  readonly from: CommitId;
  readonly to: CommitId;
  /** Push a local target to its upstream, first. */
  readonly push: boolean;
}

/**
 * Moves the target and says what happened: advanced (and pushed), moved by somebody else, or refused. Asked again, also after
 * a kill at any point of it, it finds out what was done, repairs what was half done, and does the rest.
 */
export async function advanceTarget(repository: Repository, request: AdvanceRequest): Promise<readonly LandingEvent[]> {
  assert(await isAncestor(repository, request.from, request.to), 'a landing only adds to the target');
  const target = await findTarget(repository, request.target);
  if (target === undefined) return refused(targetGone(request.target));
  if (target.kind === 'remote') return advanceRemote(repository, request, target.branch);
  return advanceLocal(repository, request, target);
}

async function advanceRemote(repository: Repository, request: AdvanceRequest, branch: RemoteBranch): Promise<readonly LandingEvent[]> {
  const pushed = await pushTarget(repository, branch, request.from, request.to);
  if (pushed.kind === 'refused') return refused(pushed.failure);
  if (pushed.kind === 'moved') return overtaken(repository, request, pushed.to);
  return [advanced(request), { kind: 'target.pushed', remote: branch.remote, commit: request.to }];
}

type LocalTarget = Target & { readonly kind: 'local' };

/** The push comes first, and without the lock: the network may be slow, and what it refuses must not have moved here. */
async function advanceLocal(repository: Repository, request: AdvanceRequest, target: LocalTarget): Promise<readonly LandingEvent[]> {
  if (!request.push) return withRepositoryLock(repository, `move ${target.short}`, async () => moveLocal(repository, request, target, undefined));
  const upstream = await upstreamOf(repository, target);
  if (upstream === undefined) return refused(noUpstream(target.short));
  const looked = await withRepositoryLock(repository, `look at ${target.short}`, async () => standing(repository, request, target, upstream));
  if (looked.kind === 'ended') return looked.events;
  const pushed = await pushFirst(repository, request, upstream, looked.now);
  if (pushed.kind === 'refused') return refused(pushed.failure);
  if (pushed.kind === 'moved') return overtaken(repository, request, pushed.to);
  const events = await withRepositoryLock(repository, `move ${target.short}`, async () => moveLocal(repository, request, target, upstream));
  return [...events, { kind: 'target.pushed', remote: upstream.remote, commit: request.to }];
}

/** What stands before the move: the value to move from, or what already happened or forbids it. The caller holds the lock. */
type Standing =
  | { readonly kind: 'ready'; readonly now: CommitId; readonly checkout: Checkout | undefined }
  | { readonly kind: 'ended'; readonly events: readonly LandingEvent[] };

async function standing(repository: Repository, request: AdvanceRequest, target: LocalTarget, upstream: RemoteBranch | undefined): Promise<Standing> {
  const { from, to } = request;
  const ended = (events: readonly LandingEvent[]): Standing => ({ kind: 'ended', events });
  const broken = await repairCheckout(repository);
  if (broken !== undefined) return ended(refused(broken));
  const now = await repository.objects.commitId(target.ref);
  if (now === undefined) return ended(refused(targetGone(request.target)));
  if (now === to) return { kind: 'ready', now, checkout: undefined };
  if (now !== from) {
    // A target that is pushed may have been rebuilt on what the remote has: then the branch here is still behind that.
    const behind = upstream !== undefined && (await isAncestor(repository, now, from));
    if (!behind) return ended(await overtaken(repository, request, now));
  }
  const checkouts = await checkoutsOf(repository, target.ref);
  const stop = await refuseCheckouts(repository, target, checkouts, now, to);
  return stop === undefined ? { kind: 'ready', now, checkout: checkouts.attached[0] } : ended(refused(stop));
}

/** The lease is on what the remote had when we last heard of it, as long as the target holds that. */
async function pushFirst(repository: Repository, request: AdvanceRequest, upstream: RemoteBranch, now: CommitId): ReturnType<typeof pushTarget> {
  const known = upstream.tracking === undefined ? undefined : await repository.objects.commitId(upstream.tracking);
  if (known === undefined || known === request.to) return pushTarget(repository, upstream, known ?? repository.nullId, request.to);
  if (await isAncestor(repository, known, request.to)) return pushTarget(repository, upstream, known, request.to);
  if (await isAncestor(repository, now, known)) return { kind: 'moved', to: known };
  return {
    kind: 'refused',
    failure: blocked('target-diverged', `${request.target} and ${upstream.remote} have gone different ways`, `Bring ${request.target} up to date (git pull), then run it again.`),
  };
}

async function refuseCheckouts(repository: Repository, target: LocalTarget, checkouts: Awaited<ReturnType<typeof checkoutsOf>>, now: CommitId, to: CommitId): Promise<Failure | undefined> {
  const [busy] = checkouts.busy;
  if (busy !== undefined) {
    return blocked('target-checkout-busy', `${target.short} is being rebased or bisected in ${busy.path}`, 'Finish or abort that, then run it again.');
  }
  const [first, second] = checkouts.attached;
  if (first === undefined) return undefined;
  if (second !== undefined) {
    return blocked('target-checkout-twice', `${target.short} is checked out in ${first.path} and in ${second.path}: only one could be brought along`, `Detach one of them (git -C ${shellWord(second.path)} switch --detach), then run it again.`);
  }
  return refuseCheckout(repository, first, target.short, await movedPaths(repository, now, to));
}

/** The move itself. The caller holds the lock. */
async function moveLocal(repository: Repository, request: AdvanceRequest, target: LocalTarget, upstream: RemoteBranch | undefined): Promise<readonly LandingEvent[]> {
  const { to, plans } = request;
  const before = await standing(repository, request, target, upstream);
  if (before.kind === 'ended') return before.events;
  const { now, checkout } = before;
  if (now === to) return [advanced(request)];
  let words: Failure | undefined;
  if (checkout === undefined) {
    words = await swap(repository, target, now, to, plans);
  } else {
    // From here on a kill may leave files half written: the mark says that they were clean before.
    const move: MoveMark = { ref: target.ref, from: now, to, path: checkout.path, gitDir: checkout.gitDir };
    const mark = await markMove(repository, move);
    words = await forwardCheckout(repository, checkout, target.short, to);
    // git brings files and index along before it moves the branch: where that was refused they go back.
    const half = words !== undefined && (await repository.objects.commitId(target.ref)) === now;
    if (!half || (await takeBackCheckout(repository, move))) await clearMark(mark);
  }
  // The merge in a checkout is no compare-and-swap: only the ref itself says where it stands.
  const stands = await repository.objects.commitId(target.ref);
  if (stands === to) return [advanced(request)];
  if (stands !== undefined && stands !== now) return overtaken(repository, { ...request, from: now }, stands);
  return refused(words ?? targetGone(target.short));
}

/** The compare-and-swap of a target that nobody has checked out. */
async function swap(repository: Repository, target: LocalTarget, from: CommitId, to: CommitId, plans: readonly PlanId[]): Promise<Failure | undefined> {
  const message = `plan: land ${plans.slice(0, 20).join(', ')}`;
  const result = await tryGit(['update-ref', '-m', message, '--no-deref', target.ref, to, from], { ...repository.place, retries: 6 });
  if (result.code === 0) return undefined;
  const kind = kindOf(result.stderr);
  if (kind === 'disk-full' || kind === 'denied' || kind === 'lock-held') {
    return blocked(`target-${kind}`, `${target.short} could not be moved: ${lastLines(result.stderr)}`, 'Make room or access, then run it again.');
  }
  if (kind === 'ref-moved') return undefined;
  // A hook (reference-transaction) may have said no.
  if (kind === 'other') return blocked('target-move-refused', `git did not move ${target.short}: ${lastLines(result.stderr)}`, 'See what refused it, then run it again.');
  throw new GitError(['update-ref', target.ref], kind, result.code, result.stderr);
}

/** The target stands elsewhere: our move was made and others went on from there, or it never was. */
async function overtaken(repository: Repository, request: AdvanceRequest, stands: CommitId): Promise<readonly LandingEvent[]> {
  const { from, to } = request;
  if (await isAncestor(repository, to, stands)) return [advanced(request), { kind: 'target.moved', from: to, to: stands }];
  return [{ kind: 'target.moved', from, to: stands }];
}

function advanced(request: AdvanceRequest): LandingEvent {
  return { kind: 'target.advanced', plans: request.plans, from: request.from, to: request.to };
}

function refused(failure: Failure): readonly LandingEvent[] {
  return [{ kind: 'landing.refused', failure }];
}

function targetGone(name: string): Failure {
  return blocked('target-gone', `the target ${name} does not exist any more`, `Bring the branch back (git branch ${name} <commit>; git reflog may name it), then run it again.`);
}

function noUpstream(short: string): Failure {
  return blocked('target-no-upstream', `${short} has no remote branch to be pushed to`, `Set one: git branch --set-upstream-to=<remote>/<branch> ${short}, or leave landing.push out.`);
}
