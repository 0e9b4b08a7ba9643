/** Changes that several events have in common. */
import type { NodeId } from '../model/ids.js';
import type { ChangeableNode, ChangeablePhase, ChangeablePlan, Fold } from './fold.js';
import { propagate } from './link.js';
import type { NodeStage } from './run-state.js';

/** Moves a node to another stage and carries that on. */
export function setStage(fold: Fold, node: ChangeableNode, stage: NodeStage): void {
  const step = (stage === 'failed' ? 1 : 0) - (node.stage === 'failed' ? 1 : 0);
  if (node.node.kind === 'verify') fold.failedVerifies += step;
  else {
    node.owner.counts.failed += step;
    fold.counters.failed += step;
  }
  node.stage = stage;
  propagate(fold, node.index);
}

/** A node gets its full number of attempts again, from the beginning. */
export function tryAgain(fold: Fold, node: ChangeableNode): void {
  node.failures = 0;
  node.conflicts = 0;
  node.notBefore = 0;
  node.cancelRequested = false;
  node.afterAttempt = undefined;
  node.commit = undefined;
  setStage(fold, node, 'idle');
}

/** The plan is no longer refused or in conflict, as far as we know. */
export function letGoOn(fold: Fold, plan: ChangeablePlan): void {
  if (plan.refused === undefined && plan.conflict === undefined) return;
  plan.refused = undefined;
  plan.conflict = undefined;
  stoppedChanged(fold, plan);
}

/** Carries on that a plan was stopped or may go on. */
export function stoppedChanged(fold: Fold, plan: ChangeablePlan): void {
  fold.landingVersion += 1;
  fold.touched.add(plan);
  for (const index of plan.work) propagate(fold, index);
  for (const phase of plan.phases.values()) if (phase.gate >= 0) propagate(fold, phase.gate);
  if (plan.gate >= 0) propagate(fold, plan.gate);
}

/** The plan's branch went on after it was complete, or one of its parts is open again: it has to be completed anew. */
export function uncomplete(fold: Fold, plan: ChangeablePlan): void {
  if (plan.landed) return;
  fold.landingVersion += 1;
  for (const index of plan.work) {
    const node = fold.nodes[index] as ChangeableNode;
    if (node.node.kind === 'verify' && node.node.phase === undefined && node.stage === 'verified') setStage(fold, node, 'idle');
  }
  if (plan.completed === undefined) return;
  plan.completed = undefined;
  if (plan.gate >= 0) propagate(fold, plan.gate);
}

/** The phase's publication does not hold any more: its verifies run again, and what was built on it becomes stale. */
export function reopenPhase(fold: Fold, plan: ChangeablePlan, phase: ChangeablePhase): void {
  for (const index of phase.verifies) {
    const node = fold.nodes[index] as ChangeableNode;
    if (node.stage === 'verified' || node.stage === 'failed') tryAgain(fold, node);
  }
  if (phase.published !== undefined) {
    phase.published = undefined;
    if (phase.gate >= 0) propagate(fold, phase.gate);
  }
  uncomplete(fold, plan);
  reviewStale(fold);
}

/** Computes anew which plans hold a publication that is no longer good. Rare, so it looks at all of them. */
export function reviewStale(fold: Fold): void {
  for (const plan of fold.planList) {
    if (plan.landed) continue;
    const stale = new Set<NodeId>();
    for (const [id, generation] of plan.contains) if (!isGood(fold, id, generation)) stale.add(id);
    if (stale.size === 0 && plan.stale.size === 0) continue;
    plan.stale = stale;
    fold.landingVersion += 1;
    fold.touched.add(plan);
    if (plan.gate >= 0) propagate(fold, plan.gate);
  }
}

function isGood(fold: Fold, id: NodeId, generation: number): boolean {
  const phase = publishedPhase(fold, id);
  return phase?.published !== undefined && phase.published.generation === generation && !phase.published.suspect;
}

/** The phase that a node id names; undefined for other nodes. */
export function publishedPhase(fold: Fold, id: NodeId): ChangeablePhase | undefined {
  const index = fold.graph.indexOf.get(id);
  const node = index === undefined ? undefined : fold.nodes[index];
  return node?.node.kind === 'phase' && node.node.phase !== undefined ? node.owner.phases.get(node.node.phase) : undefined;
}
