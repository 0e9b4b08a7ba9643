/** How the wishes of people change the state. */
import { unreachable } from '../base/assert.js';
import type { RequestEvent } from '../model/event.js';
import type { NodeId } from '../model/ids.js';
import { letGoOn, reopenPhase, setStage, tryAgain, uncomplete } from './change.js';
import type { ChangeableNode, ChangeablePlan, Fold } from './fold.js';
import { forgetFailures } from './landing-state.js';
import { reconcile } from './link.js';

/** Folds a wish. Names that the run does not know are passed over: who dropped the wish was told so. */
export function applyRequest(fold: Fold, event: RequestEvent): void {
  switch (event.kind) {
    case 'retry.requested':
      for (const id of event.nodes) retry(fold, id);
      return;
    case 'skip.requested':
      for (const node of workOf(fold, event.nodes)) skip(fold, node, event.note);
      return;
    case 'mark.requested':
      for (const node of workOf(fold, [event.node])) mark(fold, node, event);
      return;
    case 'cancel.requested':
      for (const node of workOf(fold, event.nodes)) cancel(fold, node);
      return;
    case 'pause.requested':
      return pause(fold, event.plans, true);
    case 'resume.requested':
      return pause(fold, event.plans, false);
    case 'takeover.requested': {
      const plan = fold.plans.get(event.plan);
      if (!plan) return;
      plan.takenOver = event.on;
      fold.touched.add(plan);
      return;
    }
    default:
      return unreachable(event);
  }
}

/** Tasks and verifies named one by one, or by their phase or plan. */
function workOf(fold: Fold, ids: readonly NodeId[]): ChangeableNode[] {
  return ids.flatMap((id) => {
    const index = fold.graph.indexOf.get(id);
    const node = index === undefined ? undefined : fold.nodes[index];
    if (!node) return [];
    if (node.node.kind === 'task' || node.node.kind === 'verify') return [node];
    const work = node.owner.work.map((one) => fold.nodes[one] as ChangeableNode);
    if (node.node.kind === 'phase') return work.filter((one) => one.node.phase === node.node.phase);
    return node.node.kind === 'plan' ? work : [];
  });
}

function retry(fold: Fold, id: NodeId): void {
  const plan = fold.plans.get(id);
  if (plan) {
    letGoOn(fold, plan);
    fold.landing = forgetFailures(fold.landing, [id]);
    fold.landingVersion += 1;
  }
  const named = workOf(fold, [id]);
  const single = named.length === 1 && named[0]?.node.id === id;
  for (const node of named) {
    if (node.stage === 'failed' || node.stage === 'cancelled') tryAgain(fold, node);
    else if (node.stage === 'idle' && node.notBefore > 0) tryAgain(fold, node);
    else if (single && node.done) redo(fold, node);
  }
}

/** Work that was done is done again on the branch as it is now: what was published of its phase does not hold any more. */
function redo(fold: Fold, node: ChangeableNode): void {
  tryAgain(fold, node);
  const plan: ChangeablePlan = node.owner;
  const phase = node.node.phase === undefined ? undefined : plan.phases.get(node.node.phase);
  if (node.node.kind !== 'task') return;
  if (phase) reopenPhase(fold, plan, phase);
  else uncomplete(fold, plan);
}

function skip(fold: Fold, node: ChangeableNode, note: string | undefined): void {
  if (node.done || node.stage === 'passed') return;
  if (note !== undefined) node.note = note;
  if (node.stage === 'running') return endFirst(fold, node, 'skipped');
  node.byHand = undefined;
  setStage(fold, node, 'skipped');
}

/** A running attempt is ended first; then the node becomes what the person said. */
function endFirst(fold: Fold, node: ChangeableNode, then: NonNullable<ChangeableNode['afterAttempt']>): void {
  node.afterAttempt = then;
  cancel(fold, node);
}

function mark(fold: Fold, node: ChangeableNode, event: RequestEvent & { kind: 'mark.requested' }): void {
  if (event.as === 'skipped') return skip(fold, node, event.note);
  if (event.note !== undefined) node.note = event.note;
  if (node.done || node.stage === 'passed' || node.node.kind === 'verify') return;
  if (event.as === 'failed') {
    if (node.stage === 'running') return endFirst(fold, node, 'failed');
    node.byHand = undefined;
    return setStage(fold, node, 'failed');
  }
  node.byHand = event.as;
  if (node.stage === 'running') return endFirst(fold, node, 'by-hand');
  if (node.stage === 'failed' || node.stage === 'cancelled') return tryAgain(fold, node);
  reconcile(fold, node);
}

function cancel(fold: Fold, node: ChangeableNode): void {
  if (node.stage === 'running') {
    node.cancelRequested = true;
    fold.cancelling.add(node.index);
  } else if (node.stage === 'idle') setStage(fold, node, 'cancelled');
}

function pause(fold: Fold, plans: readonly NodeId[] | undefined, on: boolean): void {
  fold.landingVersion += 1;
  if (plans === undefined) {
    fold.paused = on;
    // Going on means all of it: nobody remembers which plans were paused one by one.
    if (on) return;
  }
  for (const plan of fold.planList) {
    if (plans !== undefined && !plans.includes(plan.plan.id)) continue;
    plan.paused = on;
    fold.touched.add(plan);
  }
}
