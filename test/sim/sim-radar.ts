/** Conflicts foreseen: what src/engine/radar-watch.ts notices, some time after tips have moved. */
import type { Inbox } from '../../src/engine/inbox.js';
import type { Entry, Event } from '../../src/model/event.js';
import type { RunState } from '../../src/state/run-state.js';
import type { World } from './world.js';

/** Told of every entry; what it notices arrives in the inbox. */
export function simRadar(world: World, state: RunState, inbox: Inbox): (entry: Entry) => void {
  const { life, chance, clock } = world;
  const foresee = world.ground.radar();
  let waiting = false;
  const look = async (): Promise<void> => {
    waiting = false;
    const tips = [...state.plans.values()].flatMap(({ plan, tip, landed }) => (tip === undefined || landed ? [] : [{ plan: plan.id, commit: tip }]));
    if (tips.length < 2) return;
    const { appeared, cleared } = await foresee(state.landing.target, tips);
    const events: Event[] = [...appeared.map((found) => ({ kind: 'overlap.foreseen' as const, ...found })), ...cleared.map((plans) => ({ kind: 'overlap.cleared' as const, plans }))];
    if (events.length > 0) inbox.post({ kind: 'noticed', events });
  };
  return ({ event }) => {
    const moved = (event.kind === 'task.committed' && event.changed) || event.kind === 'plan.integrated' || event.kind === 'plan.advanced';
    if (!state.settings.features.radar || !moved || waiting) return;
    waiting = true;
    clock.after(chance.below(20_000), () => {
      if (life === world.life) void world.working(look);
    });
  };
}
