/**
 * Hands whose every deed is done in one piece, at a moment of virtual time of its own. Faults are drawn here, before and after a deed
 * and never by it: so deeds that are done in memory and deeds that are done by a real git meet the same ones, in the same order.
 */
import type { Hands, LandingHands } from '../../src/engine/hands.js';
import { moveTarget, pushElsewhere } from './sim-landing.js';
import type { World } from './world.js';

/** Deeds that write, and so can be refused by a full disk. */
const refusable: ReadonlySet<string | symbol> = new Set(['mergeInMemory', 'moveBranch', 'pin', 'prepareWorktree', 'commitAttempt']);

/** The hands, one deed at a time. */
export function inTurn(hands: Hands, world: World): Hands {
  const { life } = world;
  const inOnePiece = async <T>(deed: () => Promise<T>, canBeRefused: boolean): Promise<T> => {
    await world.turn(life, canBeRefused);
    const done = await world.working(deed);
    await world.turn(life, false);
    return done;
  };
  const plans = new Proxy(hands.plans, {
    get: (deeds, name) => (...given: unknown[]) => inOnePiece(() => (deeds as unknown as Record<string | symbol, (...args: unknown[]) => Promise<unknown>>)[name]?.(...given) ?? Promise.resolve(), refusable.has(name)),
  });
  const landing: LandingHands = {
    perform(decision) {
      if (decision.kind === 'verify-landing') world.drawFate(`verify ${decision.commit}`);
      if (decision.kind === 'prepare-landing') world.drawFate('conflicts');
      if (decision.kind === 'advance-target' && world.chance.hits(world.faults.race)) moveTarget(world);
      if (decision.kind === 'advance-target' && world.chance.hits(world.faults.remote)) pushElsewhere(world);
      return inOnePiece(() => hands.landing.perform(decision), false);
    },
    recover: (advance) => inOnePiece(() => hands.landing.recover(advance), false),
    cancelAll: () => hands.landing.cancelAll(),
  };
  return { ...hands, plans, landing };
}
