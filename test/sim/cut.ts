/** Deeds that a kill cuts off: the points that a deed in memory and one by a real git have in common. */
import type { Chance } from './chance.js';

/**
 * How far a deed has got: a branch was moved (`branch`), a ref of the run was made (`pin`), an attempt's work was committed in its worktree
 * (`commit`), git made a worktree of which we have not noted yet that it is whole (`worktree`), the remote took a push (`push`).
 */
export type CutPoint = 'branch' | 'pin' | 'commit' | 'worktree' | 'push';

const points: Readonly<Record<string | symbol, readonly CutPoint[]>> = {
  moveBranch: ['branch'],
  pin: ['pin'],
  prepareWorktree: ['worktree', 'pin'],
  commitAttempt: ['commit'],
  salvage: ['pin'],
  'advance-target': ['branch', 'push'],
  propose: ['push'],
};

/** Draws where a deed is cut off, the first time that it gets there; undefined: nowhere. A deed that does not get there is done. */
export function drawCut(chance: Chance, probability: number, deed: string | symbol): CutPoint | undefined {
  const of = points[deed];
  return of !== undefined && chance.hits(probability) ? chance.pick(of) : undefined;
}

/** The end of the process that did a deed, in its middle. */
export class Cut extends Error {
  override readonly name = 'Cut';
}
