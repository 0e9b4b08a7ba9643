/** How a run ends when nothing runs and nothing can start. */
import type { PlanState, RunState } from '../state/run-state.js';
import type { Held } from './start-work.js';
import type { LandingStanding } from './landing.js';

/** The outcome, or undefined while the run is paused and waits for the word to go on. */
export function outcomeOf(state: RunState, landing: LandingStanding, held: Held): 'landed' | 'complete' | 'failed' | 'person' | 'deadline' | undefined {
  if (landing.kind === 'landed') return 'landed';
  const plans = [...state.plans.values()];
  const failed = plans.some((plan) => isBlocked(state, plan)) || landing.kind === 'failed';
  if (state.paused) return undefined;
  if (landing.kind === 'person' || plans.some((plan) => awaitsPerson(state, plan))) return 'person';
  if (failed) return 'failed';
  if (held.deadline || held.limit) return 'deadline';
  if (landing.kind === 'done') return 'complete';
  return 'failed';
}

function isBlocked(state: RunState, plan: PlanState): boolean {
  const gate = state.graph.indexOf.get(plan.plan.id);
  return gate !== undefined && state.nodes[gate]?.bad === true;
}

/** A person has to do something for this plan before it can go on. */
function awaitsPerson(state: RunState, plan: PlanState): boolean {
  if (plan.landed) return false;
  const stopped = plan.refused?.kind === 'person' || plan.conflict !== undefined;
  return stopped || plan.awaited.size > 0 || ((plan.paused || plan.takenOver) && plan.completed === undefined);
}
