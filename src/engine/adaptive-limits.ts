/** The limits of the moment: the settings' own, the deadline, and what a machine under pressure takes. */
import process from 'node:process';
import { loadavg, totalmem } from 'node:os';
import type { Clock } from '../base/clock.js';
import { deadlineAfter, readTimeOfDay } from '../base/zoned-time.js';
import type { EffectiveLimits } from '../scheduler/decide.js';
import type { RunState } from '../state/run-state.js';
import { adapt, type Adaptation } from './adapt.js';

/** Milliseconds between two looks at the machine. */
const lookEvery = 2_000;

/**
 * Looks at memory, and at the load where a limit is set, now and then; `changed` is called when attempts may be more or fewer than before. `deadline` is a moment set from
 * outside, such as the end of a night: the earlier one of it and the settings' own time of day counts.
 */
export function adaptiveLimits(state: RunState, clock: Clock, timeZone: string, changed: () => void, deadline?: number): { now: () => EffectiveLimits; close: () => void } {
  let adaptation: Adaptation = { tasks: state.settings.limits.tasks, calm: 0 };
  const stated = state.settings.limits.until === undefined ? undefined : readTimeOfDay(state.settings.limits.until);
  const ends = [deadline, stated && deadlineAfter(stated, clock.now(), timeZone)].filter((moment) => moment !== undefined);
  const until = ends.length === 0 ? undefined : Math.min(...ends);
  let revoke: (() => void) | undefined;
  const look = (): void => {
    const { memoryBytes, tasks, load: mostLoad } = state.settings.limits;
    const constrained = process.constrainedMemory();
    const total = memoryBytes ?? (constrained > 0 ? Math.min(constrained, totalmem()) : totalmem());
    const free = process.availableMemory();
    // A memory limit of the user's own counts from the whole machine's use.
    const available = memoryBytes === undefined ? free : Math.max(0, memoryBytes - (totalmem() - free));
    const before = adaptation.tasks;
    adaptation = adapt(adaptation, { available, total, ...(mostLoad !== undefined && { load: { now: loadavg()[0] ?? 0, most: mostLoad } }) }, state.running.size, tasks);
    if (adaptation.tasks !== before) changed();
    revoke = clock.after(lookEvery, look);
  };
  if (state.settings.features.adaptiveLimits) look();
  return {
    now: () => {
      const { tasks, plans } = state.settings.limits;
      return { tasks: state.settings.features.adaptiveLimits ? Math.min(tasks, adaptation.tasks) : tasks, plans, untilMs: until };
    },
    close: () => revoke?.(),
  };
}
