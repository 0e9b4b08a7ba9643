/** The landing queue's part of an answer, computed anew only when a fact has changed that it depends on. */
import type { PlanState, RunState } from '../state/run-state.js';
import type { Decision } from './decision.js';
import { decisionKey, type UnderWay } from './decision-key.js';
import type { LandingDecision } from './landing-decision.js';
import { decideLanding, landingStanding, type LandingStanding } from './landing.js';
import type { LandingPlan, LandingView } from './landing-view.js';

interface Answer {
  readonly version: number;
  readonly decisions: readonly LandingDecision[];
  readonly standing: LandingStanding;
}

/** A memory, not a state: the same version of the same state has the same answer. */
const answers = new WeakMap<RunState, Answer>();

/** Adds what the landing queue wants, and tells where it stands. */
export function landingNow(state: RunState, underWay: UnderWay, decisions: Decision[]): LandingStanding {
  const answer = answerFor(state);
  for (const decision of answer.decisions) if (!underWay.has(decisionKey(decision))) decisions.push(decision);
  return answer.standing;
}

function answerFor(state: RunState): Answer {
  const known = answers.get(state);
  if (known?.version === state.landingVersion) return known;
  const view = onlyWaits(state) ? undefined : landingView(state);
  const answer: Answer = view === undefined ? { version: state.landingVersion, decisions: [], standing: { kind: 'waiting' } } : { version: state.landingVersion, decisions: decideLanding(view), standing: landingStanding(view) };
  answers.set(state, answer);
  return answer;
}

/**
 * True where all plans land at once, some still work, and nothing has happened yet that a plan could be judged by: the most of a run,
 * and the answer is known without a picture of every plan. (With the picture it is the same: a table and a property say so.)
 */
export function onlyWaits(state: RunState): boolean {
  const { chain, verifying, preparing, advancing, proposing, refused, dropped, approved, moves } = state.landing;
  if (state.settings.landing.mode !== 'all-or-nothing' || (chain ?? preparing ?? advancing ?? proposing ?? refused) !== undefined) return false;
  if (verifying.size > 0 || dropped.size > 0 || approved.size > 0 || moves > 0) return false;
  let working = false;
  for (const plan of state.plans.values()) {
    const condition = conditionOf(state, plan);
    if (condition === 'failed') return false;
    working ||= condition === 'working' && !state.landing.landed.has(plan.plan.id);
  }
  return working;
}

/** The run as the landing queue sees it. */
export function landingView(state: RunState): LandingView {
  const { settings } = state;
  return {
    plans: [...state.plans.values()].map((plan) => landingPlan(state, plan)),
    settings: settings.landing,
    ...(settings.verify !== undefined && { verify: [settings.verify, ...(settings.verifyEnvironment === undefined ? [] : [settings.verifyEnvironment])].join(' # ') }),
    lanes: settings.features.speculation ? Math.max(1, settings.landing.speculation) : 1,
    paused: state.paused,
    landing: state.landing,
  };
}

function landingPlan(state: RunState, plan: PlanState): LandingPlan {
  const condition = conditionOf(state, plan);
  return { id: plan.plan.id, priority: plan.plan.priority, condition, ...(plan.tip !== undefined && { tip: plan.completed ?? plan.tip }), restsOn: plan.restsOn };
}

function conditionOf(state: RunState, plan: PlanState): LandingPlan['condition'] {
  if (plan.completed !== undefined && plan.stale.size === 0) return 'complete';
  const gate = state.graph.indexOf.get(plan.plan.id);
  return gate !== undefined && state.nodes[gate]?.bad === true ? 'failed' : 'working';
}
