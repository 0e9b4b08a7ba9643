/** How attempts and the commit queue change the state. */
import { assert, unreachable } from '../base/assert.js';
import type { AttemptEvent, AttemptOutcome, CommitRejection } from '../model/event.js';
import type { NodeId } from '../model/ids.js';
import { executionOf } from '../model/orchestration.js';
import { suspect } from './apply-plan.js';
import { setStage, tryAgain } from './change.js';
import { releasePools } from './link.js';
import { isFree, type ChangeableAttempt, type ChangeableNode, type Fold } from './fold.js';

/** Commits of one task that may fail to apply on a moved branch before it counts as failed. */
const maxConflicts = 3;
/** Back-off before a failed attempt is repeated: the first wait, doubled each time up to the longest. Milliseconds. */
const firstBackOff = 2_000;
export const longestBackOff = 300_000;

/** Folds an event of an attempt. */
export function applyAttempt(fold: Fold, event: AttemptEvent, at: number): void {
  switch (event.kind) {
    case 'attempt.started':
      return started(fold, event, at);
    case 'attempt.finished':
      return finished(fold, event.node, event.attempt, event.outcome, at);
    case 'commit.prepared': {
      const { node, attempt } = attemptOf(fold, event.node, event.attempt);
      attempt.prepared = { from: event.from, to: event.to };
      node.owner.moving = { kind: 'commit', from: event.from, to: event.to, node: node.index, attempt: event.attempt };
      fold.touched.add(node.owner);
      return;
    }
    case 'task.committed':
      return committed(fold, event);
    case 'commit.rejected':
      return rejected(fold, event, at);
    case 'work.salvaged':
      attemptOf(fold, event.node, event.attempt).attempt.salvaged = { ref: event.ref, commit: event.commit };
      return;
    case 'pool.limited':
      limitPool(fold, event.pool, event.until);
      return;
    case 'overlap.foreseen':
      fold.overlaps.set(pairOf(event.plans), { plans: event.plans, tips: event.tips, files: event.files });
      return;
    case 'overlap.cleared':
      fold.overlaps.delete(pairOf(event.plans));
      return;
    default:
      return unreachable(event);
  }
}

function pairOf(plans: readonly string[]): string {
  return [...plans].sort().join(' ');
}

function limitPool(fold: Fold, pool: string, until: number): void {
  fold.limited.set(pool, Math.max(until, fold.limited.get(pool) ?? 0));
}

function nodeOf(fold: Fold, id: NodeId): ChangeableNode {
  const index = fold.graph.indexOf.get(id);
  const node = index === undefined ? undefined : fold.nodes[index];
  assert(node, `event of an unknown node: ${id}`);
  return node;
}

function attemptOf(fold: Fold, id: NodeId, number: number): { readonly node: ChangeableNode; readonly attempt: ChangeableAttempt } {
  const node = nodeOf(fold, id);
  const attempt = node.attempts[number - 1];
  assert(attempt, `event of an unknown attempt: ${id}#${number}`);
  return { node, attempt };
}

function started(fold: Fold, event: AttemptEvent & { kind: 'attempt.started' }, at: number): void {
  const node = nodeOf(fold, event.node);
  const plan = node.owner;
  assert(event.attempt === node.attempts.length + 1, `attempt ${event.attempt} of ${event.node} came where ${node.attempts.length + 1} was expected`);
  assert(node.stage !== 'running' && node.stage !== 'passed', `${event.node} was started while an attempt of it was under way`);
  node.attempts.push({ number: event.attempt, startedAt: at, slot: event.slot, base: event.base, session: event.session, ranAs: fold.replans === 0 ? undefined : `${event.node}@${fold.replans}`, endedAt: undefined, outcome: undefined, changed: undefined });
  fold.running.add(node.index);
  fold.starts += 1;
  fold.counters.attempts += 1;
  fold.counters.running += 1;
  plan.running += 1;
  if (node.node.kind === 'task') plan.slots.set(event.slot, node.index);
  if (node.byHand === undefined) {
    node.held = fold.queue.usesOf(node.index);
    for (const use of node.held) fold.poolUse[use.pool] = (fold.poolUse[use.pool] ?? 0) + use.amount;
    fold.queue.served(node.node.kind === 'task' ? plan.index : fold.planList.length + plan.index, fold.starts);
  }
  // What is published is what was verified: the first verify of a phase fixes its commit.
  const phase = node.node.kind === 'verify' && node.node.phase !== undefined ? plan.phases.get(node.node.phase) : undefined;
  if (phase && phase.candidate === undefined && phase.left === 0) phase.candidate = event.base;
  fold.touched.add(plan);
  setStage(fold, node, 'running');
}

function finished(fold: Fold, id: NodeId, number: number, outcome: AttemptOutcome, at: number): void {
  const { node, attempt } = attemptOf(fold, id, number);
  const plan = node.owner;
  assert(attempt.endedAt === undefined, `attempt ${number} of ${id} ended twice`);
  attempt.endedAt = at;
  attempt.outcome = outcome;
  if (outcome.session !== undefined) attempt.session = outcome.session;
  fold.running.delete(node.index);
  fold.cancelling.delete(node.index);
  fold.counters.running -= 1;
  plan.running -= 1;
  fold.cost += outcome.usage?.cost ?? 0;
  if (outcome.result === 'lost') fold.counters.lost += 1;
  if (outcome.limitedPool !== undefined && outcome.limitedUntil !== undefined) limitPool(fold, outcome.limitedPool, outcome.limitedUntil);
  fold.touched.add(plan);
  node.cancelRequested = false;
  // The attempt was ended because a person says that the task is done: what it left is the task's work.
  if (outcome.result === 'passed' && node.byHand === 'completed' && node.afterAttempt === 'by-hand') node.afterAttempt = undefined;
  const passed = outcome.result === 'passed' && node.afterAttempt === undefined;
  // What a person did not want any more and passed all the same waits there too: its work has to be kept before the worktree is used again.
  if (outcome.result === 'passed' && node.afterAttempt !== 'by-hand' && node.node.kind === 'task') {
    plan.commitQueue.push({ node: node.index, attempt: number });
    return setStage(fold, node, 'passed');
  }
  releaseWork(fold, node);
  if (node.afterAttempt === undefined && isOutdated(node, attempt)) return setStage(fold, node, 'idle');
  if (passed) {
    setStage(fold, node, 'verified');
    return suspect(fold, node);
  }
  endedBadly(fold, node, outcome, at);
}

/** A verify that looked at what is not to be published, or complete, any more: whatever it says, it runs again. */
function isOutdated({ node, owner, open }: ChangeableNode, { base, outcome }: ChangeableAttempt): boolean {
  if (node.kind !== 'verify' || (outcome?.result !== 'passed' && outcome?.result !== 'failed')) return false;
  const phase = node.phase === undefined ? undefined : owner.phases.get(node.phase);
  return open > 0 || base !== (phase?.published?.commit ?? phase?.candidate ?? owner.tip);
}

function endedBadly(fold: Fold, node: ChangeableNode, outcome: AttemptOutcome, at: number): void {
  const { afterAttempt } = node;
  node.afterAttempt = undefined;
  if (afterAttempt === 'skipped' || afterAttempt === 'failed') return setStage(fold, node, afterAttempt);
  if (afterAttempt === 'by-hand') return tryAgain(fold, node);
  // Stopped by the clock, it is nobody's wish: it waits for the next time like what was not begun.
  if (outcome.result === 'cancelled' && outcome.reason !== 'deadline') return setStage(fold, node, 'cancelled');
  if (isFree(outcome)) return setStage(fold, node, 'idle');
  countFailure(fold, node, at);
}

/** One more failure: the node waits and runs again, or has failed. */
function countFailure(fold: Fold, node: ChangeableNode, at: number): void {
  node.failures += 1;
  if (node.failures > executionOf(fold.settings, node.node.id).retries) {
    setStage(fold, node, 'failed');
    if (node.node.kind === 'verify') suspect(fold, node);
    return;
  }
  node.notBefore = at + backOff(node.failures);
  setStage(fold, node, 'idle');
}

/** Milliseconds to wait after the given number of failures in a row. */
function backOff(failures: number): number {
  return Math.min(longestBackOff, firstBackOff * 2 ** Math.min(failures - 1, 20));
}

function committed(fold: Fold, event: AttemptEvent & { kind: 'task.committed' }): void {
  const { node, attempt } = attemptOf(fold, event.node, event.attempt);
  const plan = node.owner;
  attempt.changed = event.changed;
  leaveQueue(node, event.attempt);
  releaseWork(fold, node);
  plan.tip = event.tip;
  fold.counters.commits += event.changed ? 1 : 0;
  node.commit = event.tip;
  node.byHand = undefined;
  setStage(fold, node, 'committed');
}

function rejected(fold: Fold, event: AttemptEvent & { kind: 'commit.rejected' }, at: number): void {
  const { node, attempt } = attemptOf(fold, event.node, event.attempt);
  attempt.rejected = { reason: event.reason, files: event.files };
  leaveQueue(node, event.attempt);
  releaseWork(fold, node);
  if (event.reason === 'unwanted') {
    const { afterAttempt } = node;
    node.afterAttempt = undefined;
    return setStage(fold, node, afterAttempt === 'skipped' ? 'skipped' : 'failed');
  }
  if (event.reason !== ('conflict' satisfies CommitRejection)) return countFailure(fold, node, at);
  fold.counters.conflicts += 1;
  node.conflicts += 1;
  setStage(fold, node, node.conflicts > maxConflicts ? 'failed' : 'idle');
}

function leaveQueue(node: ChangeableNode, attempt: number): void {
  const plan = node.owner;
  const place = plan.commitQueue.findIndex((queued) => queued.node === node.index && queued.attempt === attempt);
  assert(place >= 0, `${node.node.id}#${attempt} is not in the commit queue`);
  plan.commitQueue.splice(place, 1);
  if (plan.moving?.kind === 'commit' && plan.moving.node === node.index) plan.moving = undefined;
}

/** The attempt's worktree is free again, and what it held of the pools. */
function releaseWork(fold: Fold, node: ChangeableNode): void {
  const slot = node.attempts[node.attempts.length - 1]?.slot;
  if (slot !== undefined && node.owner.slots.get(slot) === node.index) node.owner.slots.delete(slot);
  releasePools(fold, node);
  fold.touched.add(node.owner);
}
