/** A mistake that was said already must not be said again by what it leads to: which failures are but the echo of a part that was left out. */

import type { Failure } from '../model/failure.js';
import type { PlanId } from '../model/ids.js';
import type { Path } from './source.js';

/** By the code of a failure: the settings that it is judged by. */
const judgedBy: Readonly<Record<string, readonly Path[]>> = {
  'no-target': [['target']],
  'unknown-target': [['target']],
  'branch-is-target': [['target']],
  'landed-needs-each': [['landing', 'mode']],
  'missing-key': [['landing', 'command'], ['landing', 'onConflict']],
  'pool-too-small': [['limits', 'pools']],
};

/** True where a failure of a later stage may be due to a part of the files that was wrong and left out. */
export function isEcho({ code }: Failure, dropped: readonly Path[]): boolean {
  const causes = Object.hasOwn(judgedBy, code) ? (judgedBy[code] ?? []) : [];
  return causes.some((cause) => touches(dropped, cause));
}

/** True where something at, above or below the path was left out. */
export function touches(dropped: readonly Path[], path: Path): boolean {
  return dropped.some((one) => one.every((step, at) => at >= path.length || step === path[at]));
}

/** True where it is not known which plans there are. */
export function plansAreUnknown(dropped: readonly Path[]): boolean {
  return dropped.some(([first, ...rest]) => first === 'include' || (first === 'plans' && rest.length === 0));
}

/** Plans of which that much was wrong that their file cannot be read as it is meant. */
export function unreadablePlans(dropped: readonly Path[]): ReadonlySet<PlanId> {
  const decisive = new Set<string | number | undefined>([undefined, 'plan', 'format', 'tag']);
  return new Set(dropped.flatMap(([first, id, key]) => (first === 'plans' && typeof id === 'string' && decisive.has(key) ? [id] : [])));
}
