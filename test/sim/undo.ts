/** Landings that a person takes back between two lives: what `plan undo` does, on the simulated disk. */
import { openJournal } from '../../src/journal/append.js';
import { apply } from '../../src/state/apply.js';
import type { Entry } from '../../src/model/event.js';
import type { RunState } from '../../src/state/run-state.js';
import type { DurableFold } from './durable-fold.js';
import { run } from './life.js';
import type { SimDisk } from './sim-disk.js';
import type { World } from './world.js';

/** Takes the last landing of the run back, or all of them, and records that. */
export async function undoSome(world: World, disk: SimDisk, fold: DurableFold, told: (entry: Entry, state: RunState) => void): Promise<void> {
  const opened = await openJournal('journal', world.lifeClock(), disk.forLife(), fold.known);
  if (!opened.ok || opened.value.entries.length === 0) return;
  const { journal, entries } = opened.value;
  const state = fold.stateOf(entries);
  const { advances } = state.landing;
  const taken = world.chance.hits(0.3) ? advances : advances.slice(-1);
  // While it is not known whether the target moved, nothing is taken back.
  if (taken.length > 0 && state.landing.advancing === undefined) {
    const events = await world.working(() => world.ground.undo({ run, target: 'main', advances: taken, push: state.settings.landing.push }));
    for (const entry of journal.append(events)) {
      apply(state, entry);
      told(entry, state);
    }
  }
  await journal.durable();
  await journal.close();
}
