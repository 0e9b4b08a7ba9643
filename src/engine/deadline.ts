/** When `until` is, for a run that goes on now. */
import { nextOccurrence } from '../base/zoned-time.js';

/** Milliseconds since the epoch of the next local `HH:MM` after `now`; undefined when no time is given. */
export function deadlineAfter(until: string | undefined, now: number, timeZone: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})$/.exec(until ?? '');
  return match ? nextOccurrence(Number(match[1]), Number(match[2]), now, timeZone) : undefined;
}
