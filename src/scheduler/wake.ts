/** When the answer could change by itself. */
import type { RunState } from '../state/run-state.js';
import type { EffectiveLimits } from './decision-key.js';

/** The end of the next back-off or of the next pool's pause, or the time at which what runs is stopped, in ms since the epoch; undefined when time alone changes nothing. */
export function wakeTime(state: RunState, { untilMs }: EffectiveLimits, now: number): number | undefined {
  const stops = untilMs !== undefined && untilMs > now && state.running.size > 0 && state.settings.limits.overrun === 'stop';
  let wake = stops ? untilMs : Number.POSITIVE_INFINITY;
  const first = state.delayed.first();
  if (first !== undefined) wake = Math.min(wake, (state.nodes[first]?.notBefore as number) > now ? (state.nodes[first]?.notBefore as number) : nextDelay(state, now));
  for (const [pool, until] of state.limited) if (until > now && until < wake && waitsForPool(state, pool)) wake = until;
  return wake === Number.POSITIVE_INFINITY ? undefined : wake;
}

/** The earliest delay that is still to come, where some are over already. */
function nextDelay(state: RunState, now: number): number {
  let wake = Number.POSITIVE_INFINITY;
  const stack = [0];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const index = state.delayed.at(place);
    if (index === undefined) continue;
    const time = state.nodes[index]?.notBefore as number;
    if (time > now) wake = Math.min(wake, time);
    else stack.push(2 * place + 1, 2 * place + 2);
  }
  return wake;
}

/** True when something ready draws from the pool. */
function waitsForPool(state: RunState, pool: string): boolean {
  return state.queue.classes.some((own) => own.nodes.size > 0 && own.uses.some((use) => state.poolNames[use.pool] === pool));
}
