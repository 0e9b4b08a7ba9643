/** Wall-clock time in a named zone against milliseconds since the epoch, right across midnight and changes of summer time. */

/** A moment as a clock on a wall shows it. `month` counts from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A time of day. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** Reads `22:00` or `6:30`; undefined for what is no time of day. */
export function readTimeOfDay(text: string): TimeOfDay | undefined {
  const found = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  return found === null ? undefined : { hour: Number(found[1]), minute: Number(found[2]) };
}

/** The zone that this machine's clock is set to, such as `Europe/Berlin`. */
export function localTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** True for a zone name that can be computed with. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What a wall clock in `timeZone` shows at `at` (milliseconds since the epoch). */
export function wallTimeAt(at: number, timeZone: string): WallTime {
  const parts = formatterOf(timeZone).formatToParts(at);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return { year: read('year'), month: read('month'), day: read('day'), hour: read('hour'), minute: read('minute'), second: read('second') };
}

/**
 * The moment at which a clock in `timeZone` shows `wall`. A time that summer time skips is moved on by what was skipped;
 * of a time that comes twice the first is meant. Days and hours beyond their range carry over (`day: 32`, `hour: 24`).
 */
export function momentOf(wall: WallTime, timeZone: string): number {
  const shown = asIfUtc(wall);
  // A zone's offset changes at most once within a day, so the offsets a day to either side are the only candidates.
  const earlier = shown - offsetAt(shown - dayMs, timeZone);
  const later = shown - offsetAt(shown + dayMs, timeZone);
  const matching = [earlier, later].filter((moment) => asIfUtc(wallTimeAt(moment, timeZone)) === shown);
  return matching.length > 0 ? Math.min(...matching) : earlier;
}

/** The first moment after `after` at which a clock in `timeZone` shows `hour:minute`. */
export function nextOccurrence(hour: number, minute: number, after: number, timeZone: string): number {
  const today = wallTimeAt(after, timeZone);
  for (let ahead = 0; ahead < 3; ahead++) {
    const moment = momentOf({ ...today, day: today.day + ahead, hour, minute, second: 0 }, timeZone);
    if (moment > after) return moment;
  }
  return after + dayMs;
}

/** The moment at which `until` comes next after `now`: the deadline of work that begins at once. */
export function deadlineAfter(until: TimeOfDay, now: number, timeZone: string): number {
  return nextOccurrence(until.hour, until.minute, now, timeZone);
}

const dayMs = 86_400_000;

/** Making one takes a hundred times as long as using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const mostFormatters = 50;

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    if (formatters.size >= mostFormatters) formatters.clear();
    formatter = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

function asIfUtc(wall: WallTime): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
}

function offsetAt(at: number, timeZone: string): number {
  return asIfUtc(wallTimeAt(at, timeZone)) - Math.floor(at / 1000) * 1000;
}
