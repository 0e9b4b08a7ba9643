/** What follows from what: a node that is over opens the next ones, a node that failed blocks them. */
import { slotsOf } from './capacity.js';
import { executionLookup, isFilePool, poolUses } from './fold.js';
import type { ChangeableNode, ChangeablePlan, Fold } from './fold.js';
import { IndexedHeap } from './heap.js';
import { advancePlanned, plannedOf } from './planned.js';
import { ranking } from './ranking.js';
import { ReadyQueue } from './ready-queue.js';
import { cannotBegin } from './run-state.js';

/** Computes everything that follows from stages and plan facts, from nothing. For a new state and after a change of structure or settings. */
export function link(fold: Fold): void {
  const { nodes } = fold;
  const rank = fold.options.order?.length === nodes.length ? fold.options.order : ranking(fold.orchestration, fold.graph, fold.settings);
  fold.poolUse = new Array<number>(fold.poolNames.length).fill(0);
  fold.byHandReady = 0;
  fold.notBefore = new Float64Array(nodes.length);
  fold.delayed = new IndexedHeap(fold.notBefore, new Int32Array(nodes.length));
  fold.queue = new ReadyQueue(nodes.length, 2 * fold.planList.length, rank, fold.starts, contests(fold));
  fold.planned = plannedOf(fold);
  for (const plan of fold.planList) resetDerived(plan);
  const executionFor = executionLookup(fold.settings);
  for (const node of nodes) linkNode(fold, node, executionFor);
  for (const node of nodes) reconcile(fold, node);
  for (const plan of fold.planList) {
    fold.touched.add(plan);
    fold.queue.setPlaced(plan.index, plan.placed);
    fold.queue.setPlaced(plan.index + fold.planList.length, plan.placed);
  }
  const tasks = fold.planList.map((plan) => plan.counts);
  fold.counters.tasks = tasks.reduce((sum, counts) => sum + counts.tasks, 0);
  fold.counters.done = tasks.reduce((sum, counts) => sum + counts.done, 0);
  fold.counters.failed = tasks.reduce((sum, counts) => sum + counts.failed, 0);
  fold.failedVerifies = nodes.filter((node) => node.node.kind === 'verify' && node.stage === 'failed').length;
  fold.placed = fold.planList.filter((plan) => plan.placed).length;
  fold.pending = fold.planList.reduce((sum, plan) => sum + plan.pending, 0);
  fold.busy = fold.planList.filter((plan) => plan.busy).length;
  reviewTouched(fold);
}

/** How many nodes draw from each pool of the graph. */
function contests(fold: Fold): Int32Array {
  const contest = new Int32Array(fold.poolNames.length);
  for (const node of fold.graph.nodes) for (const use of node.uses) contest[use.pool] = (contest[use.pool] as number) + 1;
  return contest;
}

function resetDerived(plan: ChangeablePlan): void {
  plan.publishable.clear();
  plan.byHandReady.clear();
  plan.awaited.clear();
  plan.completable = false;
  plan.counts = { tasks: 0, done: 0, failed: 0 };
  for (const phase of plan.phases.values()) phase.left = 0;
}

function linkNode(fold: Fold, node: ChangeableNode, executionFor: ReturnType<typeof executionLookup>): void {
  const before = fold.graph.before[node.index] as readonly number[];
  let done = 0;
  node.blocked = 0;
  for (const other of before) {
    const predecessor = fold.nodes[other] as ChangeableNode;
    if (predecessor.done) done += 1;
    if (predecessor.bad) node.blocked += 1;
  }
  node.open = (node.node.quorum ?? before.length) - done;
  node.done = isDone(node);
  node.bad = isBad(fold, node);
  const plan = node.owner;
  if (node.node.kind === 'task') {
    plan.counts.tasks += 1;
    if (node.done) plan.counts.done += 1;
    if (node.stage === 'failed') plan.counts.failed += 1;
    const phase = node.node.phase === undefined ? undefined : plan.phases.get(node.node.phase);
    if (phase && !node.done) phase.left += 1;
  }
  if (node.node.kind === 'task' || node.node.kind === 'verify') {
    const lane = node.node.kind === 'task' ? plan.index : fold.planList.length + plan.index;
    const execution = executionFor(node);
    fold.queue.classify(node.index, lane, poolUses(fold, node, execution));
    node.manual = node.node.kind === 'task' && execution.executor.kind === 'manual';
    for (const use of node.held) fold.poolUse[use.pool] = (fold.poolUse[use.pool] ?? 0) + use.amount;
  }
}

function isDone(node: ChangeableNode): boolean {
  switch (node.node.kind) {
    case 'task':
    case 'verify':
      return node.stage === 'committed' || node.stage === 'verified' || node.stage === 'skipped' || node.stage === 'ticked';
    case 'start':
    case 'open':
    case 'group':
      return node.open <= 0;
    case 'phase':
      return node.owner.phases.get(node.node.phase as string)?.published !== undefined;
    case 'plan':
      return node.owner.completed !== undefined;
    case 'landed':
      return node.owner.landed;
  }
}

function isBad(fold: Fold, node: ChangeableNode): boolean {
  if (node.done) return false;
  if (node.stage === 'failed' || node.stage === 'cancelled' || cannotBegin(fold, node)) return true;
  const kind = node.node.kind;
  if (kind === 'start' || kind === 'open' || kind === 'group' || kind === 'landed') return false;
  const plan = node.owner;
  return plan.refused !== undefined || plan.conflict !== undefined;
}

/** Carries a change of one node to everything that depends on it. */
export function propagate(fold: Fold, start: number): void {
  const stack = [start];
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    const node = fold.nodes[index] as ChangeableNode;
    const done = isDone(node);
    const doneStep = done === node.done ? 0 : done ? -1 : 1;
    if (doneStep !== 0) {
      node.done = done;
      if (node.node.kind === 'task') taskDoneChanged(fold, node);
      else if (node.node.kind === 'open' && done) phaseOpened(fold, node);
    }
    const bad = isBad(fold, node);
    const badStep = bad === node.bad ? 0 : bad ? 1 : -1;
    node.bad = bad;
    reconcile(fold, node);
    if (doneStep === 0 && badStep === 0) continue;
    if (node.node.kind === 'plan') fold.landingVersion += 1;
    for (const next of fold.graph.after[index] as readonly number[]) {
      const successor = fold.nodes[next] as ChangeableNode;
      successor.open += doneStep;
      successor.blocked += badStep;
      stack.push(next);
    }
  }
}

function taskDoneChanged(fold: Fold, node: ChangeableNode): void {
  const plan = node.owner;
  const step = node.done ? 1 : -1;
  plan.counts.done += step;
  fold.counters.done += step;
  const phase = node.node.phase === undefined ? undefined : plan.phases.get(node.node.phase);
  if (!phase) return;
  phase.left -= step;
  phase.candidate = phase.left === 0 ? plan.tip : undefined;
}

/** Tasks that were over before their phase opened ended it on a tip that lacks what the phase waited for: it ends on that of now. */
function phaseOpened(fold: Fold, { owner, node }: ChangeableNode): void {
  const phase = node.phase === undefined ? undefined : owner.phases.get(node.phase);
  if (phase === undefined || phase.left > 0 || phase.published !== undefined) return;
  // What is published is what was verified.
  if (phase.verifies.every((index) => fold.nodes[index]?.stage !== 'verified')) phase.candidate = owner.tip;
}

/** Puts a node where the scheduler looks for it, or takes it away. */
export function reconcile(fold: Fold, node: ChangeableNode): void {
  const { kind } = node.node;
  if (kind === 'task' || kind === 'verify') return reconcileWork(fold, node);
  if (kind !== 'phase' && kind !== 'plan') return;
  const plan = node.owner;
  const ripe = node.open <= 0 && !node.done && !node.bad;
  if (kind === 'plan') plan.completable = ripe && plan.stale.size === 0;
  else if (ripe) plan.publishable.add(node.index);
  else plan.publishable.delete(node.index);
  fold.touched.add(plan);
}

function reconcileWork(fold: Fold, node: ChangeableNode): void {
  const { index } = node;
  const able = node.stage === 'idle' && node.open <= 0 && !node.bad;
  const byHand = able && (node.byHand !== undefined || node.manual);
  const delayed = able && !byHand && node.notBefore > fold.at;
  const ready = able && !byHand && !delayed;
  if (ready !== fold.queue.has(index)) {
    if (ready) fold.queue.add(index);
    else fold.queue.remove(index);
    fold.touched.add(node.owner);
  }
  if (delayed !== fold.delayed.has(index)) {
    fold.notBefore[index] = node.notBefore;
    if (delayed) fold.delayed.add(index);
    else fold.delayed.remove(index);
  }
  if (byHand || node.byHand !== undefined) reconcileByHand(fold, node, byHand);
  else if (node.stage !== 'running') forgetByHand(fold, node);
}

function reconcileByHand(fold: Fold, node: ChangeableNode, byHand: boolean): void {
  const plan = node.owner;
  forgetByHand(fold, node);
  if (!byHand) return;
  if (node.byHand === 'completed') {
    plan.byHandReady.add(node.index);
    fold.byHandReady += 1;
  } else plan.awaited.add(node.index);
  fold.touched.add(plan);
}

function forgetByHand(fold: Fold, node: ChangeableNode): void {
  const plan = node.owner;
  if (plan.byHandReady.delete(node.index)) fold.byHandReady -= 1;
  else if (!plan.awaited.delete(node.index)) return;
  fold.touched.add(plan);
}

/** Nodes whose back-off is over by the journal's own time join the queue. */
export function endDelays(fold: Fold): void {
  for (let first = fold.delayed.first(); first !== undefined; first = fold.delayed.first()) {
    if ((fold.notBefore[first] as number) > fold.at) return;
    reconcile(fold, fold.nodes[first] as ChangeableNode);
  }
}

/** Brings what the scheduler knows of plans up to date, at the end of an entry. */
export function reviewTouched(fold: Fold): void {
  advancePlanned(fold);
  for (const plan of fold.touched) review(fold, plan);
  fold.touched.clear();
}

function review(fold: Fold, plan: ChangeablePlan): void {
  const { queue } = fold;
  const verifies = fold.planList.length + plan.index;
  const stopped = plan.paused || plan.refused !== undefined || plan.conflict !== undefined;
  reviewPending(fold, plan, stopped || plan.takenOver);
  queue.setBarred(plan.index, stopped || plan.takenOver || plan.slots.size >= slotsOf(fold.settings));
  queue.setBarred(verifies, stopped);
  const busy = plan.running > 0 || plan.slots.size > 0 || plan.commitQueue.length > 0 || plan.moving !== undefined || plan.pending > 0;
  const ready = !stopped && (queue.hasReady(plan.index) || queue.hasReady(verifies));
  const placed = busy || (plan.placed && ready);
  if (placed !== plan.placed) fold.placed += placed ? 1 : -1;
  if (busy !== plan.busy) fold.busy += busy ? 1 : -1;
  plan.placed = placed;
  plan.busy = busy;
  queue.setPlaced(plan.index, plan.placed);
  queue.setPlaced(verifies, plan.placed);
  const wanted = plan.commitQueue.length > 0 || plan.moving !== undefined || plan.publishable.size > 0 || plan.completable || plan.byHandReady.size > 0 || plan.stale.size > 0;
  if (wanted) fold.agenda.add(plan.index);
  else fold.agenda.delete(plan.index);
}

/**
 * What has ended keeps its place among the running until the deed that follows has ended too: else the place would go to
 * something less urgent in the moment before its successors are known. Where the deed has to wait for a person, nothing is kept.
 */
function reviewPending(fold: Fold, plan: ChangeablePlan, stopped: boolean): void {
  const publications = plan.stale.size > 0 ? 0 : plan.publishable.size;
  const pending = stopped ? 0 : plan.commitQueue.length + publications + (plan.completable ? 1 : 0);
  fold.pending += pending - plan.pending;
  plan.pending = pending;
  if (stopped) for (const queued of plan.commitQueue) releasePools(fold, fold.nodes[queued.node] as ChangeableNode, isFilePool);
}

/** Gives back what a node holds of pools, all of it or all but what is to be kept. */
export function releasePools(fold: Fold, node: ChangeableNode, keep?: (pool: string) => boolean): void {
  if (node.held.length === 0) return;
  const kept = keep === undefined ? [] : node.held.filter((use) => keep(fold.poolNames[use.pool] as string));
  for (const use of node.held) if (!kept.includes(use)) fold.poolUse[use.pool] = (fold.poolUse[use.pool] as number) - use.amount;
  node.held = kept;
}
