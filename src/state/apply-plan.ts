/** How a plan's branch and publications change the state. */
import { assert, unreachable } from '../base/assert.js';
import type { PlanEvent } from '../model/event.js';
import type { CommitId, NodeId } from '../model/ids.js';
import { letGoOn, publishedPhase, reopenPhase, reviewStale, stoppedChanged, uncomplete } from './change.js';
import type { ChangeableNode, ChangeablePlan, Fold } from './fold.js';
import { propagate } from './link.js';
import { commitOf } from './run-state.js';

/** Folds an event of a plan. */
export function applyPlan(fold: Fold, event: PlanEvent): void {
  const plan = fold.plans.get(event.plan);
  assert(plan, `event of an unknown plan: ${event.plan}`);
  fold.touched.add(plan);
  switch (event.kind) {
    case 'plan.opening':
      plan.moving = { kind: 'open', from: event.from, to: event.to, inputs: event.inputs, adopted: event.adopted };
      return;
    case 'plan.opened':
      plan.moving = undefined;
      plan.opened = true;
      plan.tip = event.tip;
      plan.adopted = event.adopted;
      return takeInputs(fold, plan, event.inputs);
    case 'plan.refused':
      plan.moving = undefined;
      plan.refused = event.failure;
      return stoppedChanged(fold, plan);
    case 'plan.integrating':
      plan.moving = { kind: 'integrate', from: event.from, to: event.to, inputs: event.inputs };
      return;
    case 'plan.integrated':
      plan.moving = undefined;
      return integrated(fold, plan, event.inputs, event.tip);
    case 'plan.conflicted':
      plan.moving = undefined;
      plan.conflict = { input: event.input, commit: event.commit, files: event.files };
      return stoppedChanged(fold, plan);
    case 'plan.advanced':
      return advanced(fold, plan, event.tip);
    case 'phase.published':
      return published(fold, plan, event.phase, event.generation, event.commit);
    case 'phase.reopened': {
      const phase = plan.phases.get(event.phase);
      assert(phase, `event of an unknown phase: ${event.plan}.phase${event.phase}`);
      return reopenPhase(fold, plan, phase);
    }
    case 'plan.completed':
      // A wish that came while it was on its way opened the plan again: what is complete is not what was asked for.
      if (!plan.completable) return;
      plan.completed = event.commit;
      fold.landingVersion += 1;
      return propagate(fold, plan.gate);
    default:
      return unreachable(event);
  }
}

/** The branch contains the commits of these nodes now, with everything that they contain themselves. */
function takeInputs(fold: Fold, plan: ChangeablePlan, inputs: readonly NodeId[]): void {
  if (inputs.length === 0) return;
  const contains = new Map(plan.contains);
  for (const input of inputs) {
    const commit = commitOf(fold, input);
    plan.integrated.set(input, commit ?? '');
    const publication = publishedPhase(fold, input)?.published;
    if (!publication) continue;
    for (const [id, generation] of publication.contains) contains.set(id, Math.max(generation, contains.get(id) ?? 0));
    contains.set(input, publication.generation);
  }
  plan.contains = contains;
  if (plan.stale.size > 0) reviewStale(fold);
}

function integrated(fold: Fold, plan: ChangeablePlan, inputs: readonly NodeId[], tip: CommitId): void {
  plan.tip = tip;
  const mended = plan.stale.size > 0;
  takeInputs(fold, plan, inputs);
  if (!mended) return uncomplete(fold, plan);
  // What it published rests on the old generation: its verifies pass judgement again, and it publishes anew.
  for (const phase of plan.phases.values()) {
    if (phase.published === undefined) continue;
    phase.candidate = phase.left === 0 ? tip : undefined;
    reopenPhase(fold, plan, phase);
  }
  uncomplete(fold, plan);
}

function advanced(fold: Fold, plan: ChangeablePlan, tip: CommitId): void {
  // What was prepared for the old tip is made again on the new one; so is the branch's opening, where that was under way.
  plan.moving = undefined;
  if (plan.opened) plan.tip = tip;
  letGoOn(fold, plan);
  fold.landingVersion += 1;
  uncomplete(fold, plan);
}

function published(fold: Fold, plan: ChangeablePlan, id: string, generation: number, commit: CommitId): void {
  const phase = plan.phases.get(id);
  assert(phase, `event of an unknown phase: ${plan.plan.id}.phase${id}`);
  phase.generations = Math.max(phase.generations, generation);
  // A wish that came while it was on its way opened the phase again: this generation holds for nobody.
  if (!plan.publishable.has(phase.gate)) return;
  phase.candidate = commit;
  phase.published = { generation, commit, contains: plan.contains, suspect: false };
  propagate(fold, phase.gate);
  if (generation > 1) reviewStale(fold);
}

/** A background verify of a published phase failed (or passed after all): what was built on the phase is stale, or good again. */
export function suspect(fold: Fold, node: ChangeableNode): void {
  const phase = node.node.phase === undefined ? undefined : node.owner.phases.get(node.node.phase);
  if (!phase?.published) return;
  const doubtful = phase.verifies.some((index) => fold.nodes[index]?.stage === 'failed');
  if (doubtful === phase.published.suspect) return;
  phase.published = { ...phase.published, suspect: doubtful };
  reviewStale(fold);
}
