/** What to do next: a pure answer from the state, the limits of the moment and the time. */
import type { RunState } from '../state/run-state.js';
import type { Decision, Decisions } from './decision.js';
import type { EffectiveLimits, UnderWay } from './decision-key.js';
import { landingNow } from './landing-now.js';
import { outcomeOf } from './outcome.js';
import { cancellations, planDeeds } from './plan-deeds.js';
import { startWork } from './start-work.js';
import { wakeTime } from './wake.js';

export { decisionKey, type EffectiveLimits, type UnderWay } from './decision-key.js';

/** What to do now. Pure: the same arguments give the same answer, and asking changes nothing. */
export function decide(state: RunState, limits: EffectiveLimits, now: number, underWay: UnderWay): Decisions {
  if (state.finished !== undefined) return { decisions: [] };
  const decisions: Decision[] = [];
  cancellations(state, limits, now, underWay, decisions);
  planDeeds(state, underWay, decisions);
  const held = startWork(state, limits, now, underWay, decisions);
  const landing = landingNow(state, underWay, decisions);
  const wakeAt = earlier(wakeTime(state, limits, now), held.until);
  if (decisions.length === 0 && state.running.size === 0 && underWay.size === 0 && (wakeAt === undefined || held.deadline || held.limit)) {
    const outcome = outcomeOf(state, landing, held);
    if (outcome !== undefined) decisions.push({ kind: 'finish', outcome });
  }
  return wakeAt === undefined ? { decisions } : { decisions, wakeAt };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
