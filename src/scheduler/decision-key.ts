/** Names of deeds, and what the engine tells besides the state. */
import { unreachable } from '../base/assert.js';
import { planOf } from '../model/ids.js';
import type { Decision } from './decision.js';

/** Limits as they hold now: the settings' own, narrowed by the engine (memory pressure, `--until`). */
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

/** Keys (see `decisionKey`) of deeds that were begun and have not ended: given in so that no deed is asked for twice. A cancellation ends with its attempt. */
export type UnderWay = ReadonlySet<string>;

/** The name of a decision's deed: equal for two decisions exactly when one must not begin while the other is under way. */
export function decisionKey(decision: Decision): string {
  switch (decision.kind) {
    // Whatever moves a plan's branch excludes everything else that does.
    case 'open-plan':
    case 'integrate':
    case 'move':
      return branchKey(decision.plan);
    case 'commit':
      return branchKey(planOf(decision.node));
    case 'start':
      return `start:${decision.node}#${decision.attempt}`;
    case 'cancel':
      return `cancel:${decision.node}#${decision.attempt}`;
    case 'publish':
      return `publish:${decision.plan}.phase${decision.phase}`;
    case 'complete':
      return `complete:${decision.plan}`;
    case 'prepare-landing':
    case 'advance-target':
    case 'propose':
    case 'finish':
      return decision.kind;
    case 'verify-landing':
      return `verify-landing:${decision.commit}`;
    case 'abandon-verify':
      return `abandon-verify:${decision.commit}`;
    case 'drop':
      return `drop:${decision.plan}`;
    default:
      return unreachable(decision);
  }
}

/** The key of every deed that moves a plan's branch. */
export function branchKey(plan: string): string {
  return `branch:${plan}`;
}
