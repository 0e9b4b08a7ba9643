/** A changed structure taken up in the middle of a run. */
import { assert } from '../base/assert.js';
import type { NodeId, TaskId } from '../model/ids.js';
import { executionOf, type Orchestration } from '../model/orchestration.js';
import { furnish } from './furnish.js';
import { poolUses, type ChangeableNode, type ChangeablePlan, type Fold } from './fold.js';
import { link } from './link.js';

/**
 * Gives the fold the new structure. Plans keep their branch, tasks in `carried` keep everything that happened to them under their new id,
 * verifies and gates keep it under the same id where their phase lost and won no task; the rest begins anew.
 */
export function replan(fold: Fold, orchestration: Orchestration, carried: Readonly<Record<TaskId, TaskId>>): void {
  const { buildGraph } = fold.options;
  assert(buildGraph, 'a state that meets run.replanned needs buildGraph');
  const oldNodes = fold.nodes;
  const oldPlans = fold.plans;
  const oldIndex = fold.graph.indexOf;
  furnish(fold, orchestration, buildGraph(orchestration));
  // An order by node index means nothing in another graph.
  fold.options = { buildGraph };
  const from = new Map<NodeId, NodeId>(Object.entries(carried).map(([before, after]) => [after, before]));
  for (const node of fold.nodes) {
    const before = node.node.kind === 'task' ? from.get(node.node.id) : undefined;
    const index = before === undefined ? undefined : oldIndex.get(before);
    if (index !== undefined) carry(oldNodes[index] as ChangeableNode, node);
  }
  const movedTo = new Map(Object.entries(carried).map(([before, after]) => [oldIndex.get(before), fold.graph.indexOf.get(after)]));
  forgetGoneVerifies(fold, oldNodes);
  const moved = (index: number): number => {
    const old = oldNodes[index] as ChangeableNode;
    const after = old.node.kind === 'verify' ? fold.graph.indexOf.get(old.node.id) : movedTo.get(index);
    assert(after !== undefined, `${oldNodes[index]?.node.id} was taken out of the structure while its work was under way`);
    return after;
  };
  for (const index of fold.running) if (oldNodes[index]?.node.kind === 'verify') carry(oldNodes[index], fold.nodes[moved(index)] as ChangeableNode);
  fold.running = new Set([...fold.running].map(moved));
  fold.cancelling = new Set([...fold.running].filter((index) => fold.nodes[index]?.cancelRequested === true));
  for (const node of fold.nodes) node.held = heldBy(fold, node);
  for (const plan of fold.planList) {
    const before = oldPlans.get(plan.plan.id);
    if (before) carryPlan(fold, oldNodes, oldIndex, before, plan, moved);
  }
  fold.replans += 1;
  fold.agenda.clear();
  fold.landingVersion += 1;
  link(fold);
}

/** A dead process's attempts at verifies that the new structure does not have: nobody will tell their end. */
function forgetGoneVerifies(fold: Fold, oldNodes: readonly ChangeableNode[]): void {
  for (const index of fold.running) {
    const old = oldNodes[index] as ChangeableNode;
    if (old.node.kind !== 'verify' || fold.graph.indexOf.has(old.node.id)) continue;
    fold.running.delete(index);
    fold.counters.running -= 1;
    old.owner.running -= 1;
  }
}

/** Pools have other indices in another graph. */
function heldBy(fold: Fold, node: ChangeableNode): ChangeableNode['held'] {
  if (node.byHand !== undefined) return [];
  return node.stage === 'running' || node.stage === 'passed' ? poolUses(fold, node, executionOf(fold.settings, node.node.id)) : [];
}

function carry(before: ChangeableNode, node: ChangeableNode): void {
  node.stage = before.stage;
  node.attempts = before.attempts;
  for (const attempt of node.attempts) attempt.ranAs ??= before.node.id;
  node.failures = before.failures;
  node.conflicts = before.conflicts;
  node.notBefore = before.notBefore;
  node.byHand = before.byHand;
  node.commit = before.commit;
  node.note = before.note;
  node.cancelRequested = before.cancelRequested;
  node.afterAttempt = before.afterAttempt;
}

function carryPlan(fold: Fold, oldNodes: readonly ChangeableNode[], oldIndex: ReadonlyMap<NodeId, number>, before: ChangeablePlan, plan: ChangeablePlan, moved: (index: number) => number): void {
  const { opened, tip, adopted, integrated, contains, refused, conflict, paused, takenOver, landed, placed, busy } = before;
  Object.assign(plan, { opened, tip, adopted, integrated, contains, refused, conflict, paused, takenOver, landed, placed, busy, running: before.running });
  plan.commitQueue = before.commitQueue.map((queued) => ({ node: moved(queued.node), attempt: queued.attempt }));
  plan.slots = new Map([...before.slots].map(([slot, index]) => [slot, moved(index)]));
  plan.moving = before.moving?.kind === 'commit' ? { ...before.moving, node: moved(before.moving.node) } : before.moving;
  let whole = true;
  for (const [id, phase] of plan.phases) {
    const old = before.phases.get(id);
    if (!old) {
      whole = false;
      continue;
    }
    phase.generations = old.generations;
    const work = plan.work.map((index) => fold.nodes[index] as ChangeableNode).filter((node) => node.node.phase === id);
    const done = work.every((node) => node.node.kind === 'verify' || node.stage === 'committed' || node.stage === 'skipped' || node.stage === 'ticked');
    if (!done) {
      whole = false;
      continue;
    }
    phase.candidate = old.candidate;
    phase.published = old.published;
    for (const node of work) {
      const index = node.node.kind === 'verify' ? oldIndex.get(node.node.id) : undefined;
      if (index !== undefined) carry(oldNodes[index] as ChangeableNode, node);
    }
  }
  // What landed stays complete although one of its tasks is done again: see `uncomplete`.
  if (!whole && !landed) return;
  plan.completed = before.completed;
  for (const index of plan.work) {
    const node = fold.nodes[index] as ChangeableNode;
    const old = node.node.kind === 'verify' && node.node.phase === undefined ? oldIndex.get(node.node.id) : undefined;
    if (old !== undefined) carry(oldNodes[old] as ChangeableNode, node);
  }
  if (landed && plan.landedGate >= 0) {
    const node = fold.nodes[plan.landedGate] as ChangeableNode;
    const index = oldIndex.get(node.node.id);
    if (index !== undefined) node.commit = oldNodes[index]?.commit;
  }
}
