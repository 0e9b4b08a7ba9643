/** Nights: when they begin and end, and work that stays and takes each of them. */
import type { Clock } from '../base/clock.js';
import type { Result } from '../base/result.js';
import { err, ok } from '../base/result.js';
import type { TimeOfDay } from '../base/zoned-time.js';
import { nextOccurrence, readTimeOfDay } from '../base/zoned-time.js';
import type { Failure } from '../model/failure.js';

/** From when to when work is done, in a zone's wall time; may go across midnight. */
export interface NightWindow {
  readonly from: TimeOfDay;
  readonly until: TimeOfDay;
  readonly timeZone: string;
}

/** One night, in milliseconds since the epoch. */
export interface Night {
  readonly start: number;
  readonly end: number;
}

/** Reads `22:00` or `6:30`. */
export function parseTimeOfDay(text: string): Result<TimeOfDay, Failure> {
  const time = readTimeOfDay(text);
  return time === undefined ? err({ kind: 'input', code: 'bad-time', message: `${JSON.stringify(text.slice(0, 40))} is no time of day`, hint: 'write it as 22:00' }) : ok(time);
}

/** The night that goes on at `now`, else the next one. Summer time makes some nights an hour longer or shorter. */
export function nightAt(window: NightWindow, now: number): Night {
  const end = nextOccurrence(window.until.hour, window.until.minute, now, window.timeZone);
  // The last beginning before that end, looked for from two days back so that no change of the clocks hides it.
  let start = nextOccurrence(window.from.hour, window.from.minute, end - 2 * dayMs, window.timeZone);
  for (let next = start; next < end; next = nextOccurrence(window.from.hour, window.from.minute, next, window.timeZone)) start = next;
  return { start, end };
}

/** What stays and works through the nights needs. */
export interface NightsParts {
  readonly window: NightWindow;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Works through what there is; `passed` holds what had its turn this night. */
  readonly work: (night: Night, passed: Set<number>) => Promise<void>;
  /** Called at the end of each night that was worked in. */
  readonly morning?: (night: Night) => Promise<void>;
  /** Told when it waits, and until when. */
  readonly waiting?: (until: number) => void;
}

/** How often an idle night looks for entries that were added meanwhile. */
const lookAgainMs = 60_000;
const dayMs = 86_400_000;

/** Stays until the signal comes: waits for the night, works, waits for the next. Begins at once in the middle of a night. */
export async function runNights({ window, clock, signal, work, morning, waiting }: NightsParts): Promise<void> {
  while (!signal.aborted) {
    const night = nightAt(window, clock.now());
    if (night.start > clock.now()) {
      waiting?.(night.start);
      // In pieces: a machine that slept wakes with a clock that jumped, and the timer has not noticed.
      await pause(clock, Math.min(night.start - clock.now(), 15 * 60_000), signal);
      continue;
    }
    const passed = new Set<number>();
    while (!signal.aborted && clock.now() < night.end) {
      await work(night, passed);
      await pause(clock, Math.min(lookAgainMs, night.end - clock.now()), signal);
    }
    await morning?.(night);
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      revoke();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const revoke = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
