/**
 * Hands whose every deed is done in one piece, or cut off, at a moment of virtual time of its own. Faults are drawn here, before and after
 * a deed and never by it: so deeds that are done in memory and deeds that are done by a real git meet the same ones, in the same order.
 */
import type { Hands, LandingHands } from '../../src/engine/hands.js';
import { Cut, drawCut } from './cut.js';
import { moveTarget, pushElsewhere } from './sim-landing.js';
import { never, type World } from './world.js';

/** Deeds that write, and so can be refused by a full disk. */
const refusable: ReadonlySet<string | symbol> = new Set(['mergeInMemory', 'moveBranch', 'pin', 'prepareWorktree', 'commitAttempt']);

/** The hands, one deed at a time. */
export function inTurn(hands: Hands, world: World): Hands {
  const { life } = world;
  const inOnePiece = async <T>(name: string | symbol, deed: () => Promise<T>): Promise<T> => {
    await world.turn(life, refusable.has(name));
    const cut = drawCut(world.chance, world.faults.cut, name);
    try {
      const done = await world.working(() => {
        world.cut = cut;
        return deed();
      });
      world.cut = undefined;
      await world.turn(life, false);
      return done;
    } catch (error) {
      world.cut = undefined;
      if (!(error instanceof Cut)) throw error;
      world.kill();
      return never();
    }
  };
  const plans = new Proxy(hands.plans, {
    get: (deeds, name) => (...given: unknown[]) => inOnePiece(name, () => (deeds as unknown as Record<string | symbol, (...args: unknown[]) => Promise<unknown>>)[name]?.(...given) ?? Promise.resolve()),
  });
  const landing: LandingHands = {
    perform(decision) {
      if (decision.kind === 'verify-landing') world.drawFate(`verify ${decision.commit}`);
      if (decision.kind === 'prepare-landing') world.drawFate('conflicts');
      if (decision.kind === 'advance-target' && world.chance.hits(world.faults.race)) moveTarget(world);
      if (decision.kind === 'advance-target' && world.chance.hits(world.faults.remote)) pushElsewhere(world);
      return inOnePiece(decision.kind, () => hands.landing.perform(decision));
    },
    recover: (advance) => inOnePiece('advance-target', () => hands.landing.recover(advance)),
    cancelAll: () => hands.landing.cancelAll(),
  };
  return { ...hands, plans, landing };
}
