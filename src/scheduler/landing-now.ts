/** The landing queue's part of an answer, computed anew only when a fact has changed that it depends on. */
import type { RunState } from '../state/run-state.js';
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
  const view = landingView(state);
  const answer: Answer = { version: state.landingVersion, decisions: decideLanding(view), standing: landingStanding(view) };
  answers.set(state, answer);
  return answer;
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

function landingPlan(state: RunState, plan: RunState['plans'] extends ReadonlyMap<string, infer P> ? P : never): LandingPlan {
  const gate = state.graph.indexOf.get(plan.plan.id);
  const blocked = gate !== undefined && state.nodes[gate]?.bad === true;
  const condition = plan.completed !== undefined && plan.stale.size === 0 ? 'complete' : blocked ? 'failed' : 'working';
  return { id: plan.plan.id, priority: plan.plan.priority, condition, ...(plan.tip !== undefined && { tip: plan.completed ?? plan.tip }), restsOn: plan.restsOn };
}
