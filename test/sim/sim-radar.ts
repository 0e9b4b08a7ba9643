/** Conflicts foreseen in memory: what src/engine/radar-watch.ts notices, some time after tips have moved. */
import type { Inbox } from '../../src/engine/inbox.js';
import type { Entry, Event } from '../../src/model/event.js';
import type { RunState } from '../../src/state/run-state.js';
import type { World } from './world.js';

/** Told of every entry; what it notices arrives in the inbox. */
export function simRadar(world: World, state: RunState, inbox: Inbox): (entry: Entry) => void {
  const { life, repository, chance, clock } = world;
  let looking = false;
  const found = new Map<string, string>();
  const look = (): void => {
    looking = false;
    if (life !== world.life) return;
    const tips = [...state.plans.values()].flatMap(({ plan, tip, landed }) => (tip === undefined || landed ? [] : [{ plan: plan.id, tip }]));
    const events: Event[] = [];
    const now = new Map<string, string>();
    for (const [index, a] of tips.entries()) {
      for (const b of tips.slice(index + 1)) {
        const merged = repository.merge(a.tip, b.tip);
        if (merged.ok) continue;
        const key = `${a.plan} ${b.plan}`;
        now.set(key, merged.error.join());
        if (found.get(key) !== merged.error.join()) events.push({ kind: 'overlap.foreseen', plans: [a.plan, b.plan], tips: [a.tip, b.tip], files: merged.error });
      }
    }
    for (const key of found.keys()) if (!now.has(key)) events.push({ kind: 'overlap.cleared', plans: key.split(' ') as [string, string] });
    found.clear();
    for (const [key, files] of now) found.set(key, files);
    if (events.length > 0) inbox.post({ kind: 'noticed', events });
  };
  return ({ event }) => {
    const moved = (event.kind === 'task.committed' && event.changed) || event.kind === 'plan.integrated' || event.kind === 'plan.advanced';
    if (!state.settings.features.radar || world.serial || !moved || looking) return;
    looking = true;
    clock.after(chance.below(20_000), look);
  };
}
