/** The fold: how each event changes the state. The only place, with its neighbours apply-*.ts, where a state changes. */
import { assert, unreachable } from '../base/assert.js';
import type { Entry, Event, RunEvent } from '../model/event.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { LandingEvent } from '../model/landing-event.js';
import { applyAttempt } from './apply-attempt.js';
import { applyPlan } from './apply-plan.js';
import { applyRequest } from './apply-request.js';
import { foldOf, type ChangeableNode, type Fold } from './fold.js';
import { applyLanding, forgetFailures, forgetRunning, initialLanding } from './landing-state.js';
import { letGoOn, tryAgain, uncomplete } from './change.js';
import { endDelays, link, propagate, reviewTouched } from './link.js';
import { replan } from './replan.js';
import type { RunState } from './run-state.js';

export { emptyState } from './furnish.js';
export type { StateOptions } from './fold.js';

/** Folds one entry into the state, in place. Throws on an entry out of sequence and on an event kind that it does not know. */
export function apply(state: RunState, entry: Entry): void {
  const fold = foldOf(state);
  assert(entry.seq === fold.entries, `entry ${entry.seq} came where ${fold.entries} was expected`);
  fold.entries += 1;
  if (entry.at > fold.at) fold.at = entry.at;
  applyEvent(fold, entry.event, entry.at);
  endDelays(fold);
  reviewTouched(fold);
}

function applyEvent(fold: Fold, event: Event, at: number): void {
  switch (event.kind) {
    case 'run.started':
    case 'run.resumed':
    case 'settings.changed':
    case 'run.replanned':
    case 'run.finished':
      return applyRun(fold, event, at);
    case 'plan.opening':
    case 'plan.opened':
    case 'plan.refused':
    case 'plan.integrating':
    case 'plan.integrated':
    case 'plan.conflicted':
    case 'plan.advanced':
    case 'phase.published':
    case 'phase.reopened':
    case 'plan.completed':
      return applyPlan(fold, event);
    case 'attempt.started':
    case 'attempt.finished':
    case 'commit.prepared':
    case 'task.committed':
    case 'commit.rejected':
    case 'work.salvaged':
    case 'pool.limited':
    case 'overlap.foreseen':
    case 'overlap.cleared':
      return applyAttempt(fold, event, at);
    case 'retry.requested':
    case 'skip.requested':
    case 'mark.requested':
    case 'cancel.requested':
    case 'pause.requested':
    case 'resume.requested':
    case 'takeover.requested':
      return applyRequest(fold, event);
    case 'landing.preparing':
    case 'landing.prepared':
    case 'landing.conflicted':
    case 'landing.verifying':
    case 'landing.abandoning':
    case 'landing.verified':
    case 'landing.dropped':
    case 'landing.approved':
    case 'target.advancing':
    case 'target.advanced':
    case 'target.moved':
    case 'landing.refused':
    case 'target.pushed':
    case 'landing.proposing':
    case 'landing.proposed':
    case 'target.undone':
      return applyLandingEvent(fold, event);
    default:
      return unreachable(event);
  }
}

function applyRun(fold: Fold, event: RunEvent, at: number): void {
  switch (event.kind) {
    case 'run.started':
      fold.run = event.run;
      fold.target = event.target;
      fold.refs = event.refs;
      fold.startedAt = at;
      fold.landing = initialLanding(event.target.commit);
      fold.landingVersion += 1;
      return;
    case 'run.resumed':
      return resume(fold);
    case 'settings.changed':
      fold.settings = event.settings;
      fold.landingVersion += 1;
      return link(fold);
    case 'run.replanned':
      return replan(fold, event.orchestration, event.carried);
    case 'run.finished':
      fold.finished = event.outcome;
      return;
    default:
      return unreachable(event);
  }
}

/**
 * The same command again: what was cancelled goes on, what the world refused is tried anew; and where the run had come to
 * its end, what failed is tried again. A pause of the whole run ends, a pause of one plan stays.
 */
function resume(fold: Fold): void {
  const ended = fold.finished !== undefined && fold.finished !== 'interrupted';
  fold.finished = undefined;
  fold.paused = false;
  fold.landing = forgetRunning(fold.landing);
  if (ended) fold.landing = forgetFailures(fold.landing);
  fold.landingVersion += 1;
  for (const plan of fold.planList) {
    letGoOn(fold, plan);
    fold.touched.add(plan);
    for (const index of plan.work) {
      const node = fold.nodes[index] as ChangeableNode;
      if (node.stage === 'cancelled' || (ended && node.stage === 'failed')) tryAgain(fold, node);
    }
  }
}

function applyLandingEvent(fold: Fold, event: LandingEvent): void {
  fold.landing = applyLanding(fold.landing, event);
  fold.landingVersion += 1;
  if (event.kind === 'target.advanced') for (const plan of event.plans) setLanded(fold, plan, event.to);
  if (event.kind === 'target.undone') for (const plan of fold.planList) if (plan.landed && !fold.landing.landed.has(plan.plan.id)) setLanded(fold, plan.plan.id, undefined);
}

/** `commit` undefined: the plan was taken back out of the target. */
function setLanded(fold: Fold, id: PlanId, commit: CommitId | undefined): void {
  const plan = fold.plans.get(id);
  if (!plan) return;
  plan.landed = commit !== undefined;
  // Work that was asked for again while the plan stood in the target is missing in what was complete then.
  if (!plan.landed && plan.work.some((index) => !(fold.nodes[index] as ChangeableNode).done)) uncomplete(fold, plan);
  if (plan.landedGate < 0) return;
  (fold.nodes[plan.landedGate] as ChangeableNode).commit = commit;
  propagate(fold, plan.landedGate);
}

