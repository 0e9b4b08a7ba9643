/** What is left of pools, and for whom it is kept. */
import { capacityOf, poolName } from '../state/fold.js';
import type { PoolUse } from '../state/ready-queue.js';
import type { RunState } from '../state/run-state.js';
import type { EffectiveLimits } from './decision-key.js';

/** A ready node that was passed over by this many starts has the pools that it lacks kept free for it. */
const patience = 100;

/** Pools as one answer in the making sees them. */
export interface PoolRound {
  readonly state: RunState;
  readonly limits: EffectiveLimits;
  readonly now: number;
  /** Taken by what was given out in this round. */
  poolsTaken?: Map<number, number>;
  /** Kept for a node that has waited too long. */
  reserved?: Set<number>;
}

/** True when every pool has enough left for a node. One that has waited too long keeps its pools from those after it. */
export function fits(round: PoolRound, uses: readonly PoolUse[], node: number): boolean {
  if (uses.length === 0) return true;
  let enough = true;
  for (const use of uses) {
    if (isLimited(round, use.pool) || round.reserved?.has(use.pool) === true) return false;
    if (!hasRoom(round, use)) enough = false;
  }
  if (!enough && round.state.starts - round.state.queue.readySince(node) > patience) reserve(round, uses);
  return enough;
}

function reserve(round: PoolRound, uses: readonly PoolUse[]): void {
  if (uses.every((use) => capacityNow(round, use.pool) > 0)) for (const use of uses) (round.reserved ??= new Set()).add(use.pool);
}

function hasRoom(round: PoolRound, use: PoolUse): boolean {
  const used = (round.state.poolUse[use.pool] ?? 0) + (round.poolsTaken?.get(use.pool) ?? 0);
  const capacity = capacityNow(round, use.pool);
  // What asks for more than there is runs alone.
  return used + use.amount <= capacity || (used === 0 && capacity > 0);
}

/** True when something could still be taken from a pool, be it too little for some. */
export function hasAny(round: PoolRound, pool: number): boolean {
  if (round.reserved?.has(pool) === true || isLimited(round, pool)) return false;
  return (round.state.poolUse[pool] ?? 0) + (round.poolsTaken?.get(pool) ?? 0) < capacityNow(round, pool);
}

/** Capacity of a pool under the limits of the moment. */
function capacityNow(round: PoolRound, pool: number): number {
  const capacity = capacityOf(round.state, pool);
  const narrowed = round.limits.pools;
  if (narrowed === undefined) return capacity;
  const name = poolName(round.state, pool);
  return Object.hasOwn(narrowed, name) ? Math.min(capacity, narrowed[name] as number) : capacity;
}

/** True while the pool starts nothing because of a limit with a known end. */
function isLimited(round: PoolRound, pool: number): boolean {
  if (round.state.limited.size === 0) return false;
  const until = round.state.limited.get(poolName(round.state, pool));
  return until !== undefined && until > round.now;
}

/** Counts what a node takes as taken for the rest of the round. */
export function takePools(round: PoolRound, uses: readonly PoolUse[]): void {
  for (const use of uses) {
    round.poolsTaken ??= new Map();
    round.poolsTaken.set(use.pool, (round.poolsTaken.get(use.pool) ?? 0) + use.amount);
  }
}

/** The lane that has waited longest for a turn, for too long, has the pools of its best node kept free for it. */
export function reserveForWaiting(round: PoolRound): void {
  const { queue, starts } = round.state;
  const lane = queue.turns.first();
  if (lane === undefined || starts - (queue.turn[lane] as number) <= patience) return;
  const best = queue.bestOf(lane);
  const uses = best === undefined ? [] : queue.usesOf(best);
  if (uses.length === 0 || uses.some((use) => isLimited(round, use.pool))) return;
  if (uses.some((use) => !hasRoom(round, use))) reserve(round, uses);
}
