/** What to do next: a pure answer from the state, the limits of the moment and the time. */
import type { Decision, Decisions } from './decision.js';
import type { RunState } from '../state/run-state.js';

/** Limits as they hold now: the settings' own, narrowed by the engine (memory pressure, Ctrl-C, `--until`). */
export interface EffectiveLimits {
  /** Attempts at once, over all plans; 0: start nothing. */
  readonly tasks: number;
  /** Plans with work under way at once; undefined is unlimited. */
  readonly plans?: number | undefined;
  /** Capacities that are lower now than in the settings, by pool name. */
  readonly pools?: Readonly<Record<string, number>> | undefined;
  /** Milliseconds since the epoch: nothing starts that is not expected to end before. */
  readonly untilMs?: number | undefined;
}

/** Keys (see `decisionKey`) of deeds that were begun and have not ended: given in so that no deed is asked for twice. */
export type UnderWay = ReadonlySet<string>;

/** The name of a decision's deed: equal for two decisions exactly when one must not begin while the other is under way. */
export declare function decisionKey(decision: Decision): string;

/** What to do now. Pure: the same arguments give the same answer, and asking changes nothing. */
export declare function decide(state: RunState, limits: EffectiveLimits, now: number, underWay: UnderWay): Decisions;
