/** Keeps an eye on branches that will not merge, beside the run: it only tells, it never holds anything up. */
import type { Clock } from '../base/clock.js';
import type { Repository } from '../git/repository.js';
import { Radar } from '../landing/radar.js';
import type { Entry, Event } from '../model/event.js';
import type { RunState } from '../state/run-state.js';

/** Told of every entry; looks when a tip moved, one look at a time. */
export interface RadarWatch {
  observe(entry: Entry): void;
  /** Resolves when the look under way, if any, is over. */
  close(): Promise<void>;
}

/** Times as long as a look took that the radar rests after it: it takes about a tenth of one processor at most. */
const restShare = 10;

/** `notice` receives what was found. What git refuses is passed over: a forecast is no promise. */
export function watchRadar(repository: Repository, state: RunState, clock: Clock, notice: (events: readonly Event[]) => void): RadarWatch {
  const radar = new Radar(repository);
  let looking: Promise<void> | undefined;
  let again = false;
  let resting = false;
  let revoke: (() => void) | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    const tips = [...state.plans.values()].flatMap(({ plan, tip, landed }) => (tip === undefined || landed ? [] : [{ plan: plan.id, commit: tip }]));
    if (tips.length < 2) return;
    const { appeared, cleared } = await radar.sweep(state.landing.target, tips);
    const events: Event[] = [...appeared.map((found) => ({ kind: 'overlap.foreseen' as const, ...found })), ...cleared.map((plans) => ({ kind: 'overlap.cleared' as const, plans }))];
    if (events.length > 0 && !closed) notice(events);
  };
  const begin = (): void => {
    if (closed) return;
    if (looking || resting) {
      again = true;
      return;
    }
    const began = clock.now();
    looking = look()
      .catch(() => undefined)
      .then(() => {
        looking = undefined;
        resting = true;
        // Many branches make a look dear: the next one waits in proportion.
        revoke = clock.after(restShare * (clock.now() - began), () => {
          resting = false;
          if (again) begin();
        });
      });
    again = false;
  };
  return {
    observe({ event }) {
      if (!state.settings.features.radar) return;
      if ((event.kind === 'task.committed' && event.changed) || event.kind === 'plan.integrated' || event.kind === 'plan.advanced') begin();
    },
    async close() {
      closed = true;
      await looking;
      revoke?.();
    },
  };
}
