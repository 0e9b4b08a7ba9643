/** When a usage limit ends, out of the sentences in which agents say it. Only ever given error messages, never assistant text. */
import { isTimeZone, momentOf, nextOccurrence, wallTimeAt } from '../../base/zoned-time.js';
import type { ReadContext } from './adapter.js';

/**
 * The moment named in a limit message, in milliseconds since the epoch; undefined when it names none. Understood are
 * `try again at 5:42 PM.`, `at Apr 28th, 2026 10:03 PM.`, `resets 8:20pm (Europe/Paris)`, `resets Oct 9, 5pm`,
 * `reset after 2h52m39s`, `in 3 days 4 hours 9 minutes`, `retry after 840 seconds`, `limit reached|1749924000`, `"resets_at":1749924000`.
 */
export function resetTime(message: string, context: ReadContext): number | undefined {
  const text = message.slice(0, messageLimit);
  return epochStamp(text) ?? calendarTime(text, context) ?? duration(text, context);
}

const messageLimit = 2000;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** A reset that lies this little in the past is now, not tomorrow: messages are cut to minutes and take time to arrive. */
const justPassedMs = 10 * 60_000;

function epochStamp(text: string): number | undefined {
  const found = /(?:\blimit reached\||"resets_at":\s?)(\d{10})\b/i.exec(text);
  return found?.[1] === undefined ? undefined : Number(found[1]) * 1000;
}

function calendarTime(text: string, context: ReadContext): number | undefined {
  const found =
    /\b(?:try again|resets?|retry|available(?: again)?)(?: at| on)?:? (?:(?<month>[a-z]{3,9})\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,?(?: (?<year>\d{4}),?)? (?:at )?)?(?<hour>\d{1,2})(?::(?<minute>\d{2}))? ?(?<half>[ap]\.?m\b\.?)?(?: \((?<zone>[\w+/-]{1,40})\))?/i.exec(
      text,
    )?.groups;
  if (found?.['hour'] === undefined) return undefined;
  const { month, day, year, minute, half, zone } = found;
  if (minute === undefined && half === undefined) return undefined;
  const hour = hourOf(Number(found['hour']), half);
  const minutes = Number(minute ?? 0);
  if (hour === undefined || minutes > 59) return undefined;
  const timeZone = zone !== undefined && isTimeZone(zone) ? zone : context.timeZone;
  if (month === undefined || day === undefined) {
    const next = nextOccurrence(hour, minutes, context.now - justPassedMs, timeZone);
    return Math.max(next, context.now + 60_000);
  }
  return dated(month, Number(day), year === undefined ? undefined : Number(year), hour, minutes, { now: context.now, timeZone });
}

/** A date without a year is the next such date, but for one just passed. */
function dated(month: string, day: number, year: number | undefined, hour: number, minute: number, context: ReadContext): number | undefined {
  const index = months.indexOf(month.slice(0, 3).toLowerCase());
  if (index < 0 || day < 1 || day > 31) return undefined;
  const thisYear = wallTimeAt(context.now, context.timeZone).year;
  const at = (inYear: number): number => momentOf({ year: inYear, month: index + 1, day, hour, minute, second: 0 }, context.timeZone);
  if (year !== undefined) return at(year);
  const moment = at(thisYear);
  return moment < context.now - justPassedMs ? at(thisYear + 1) : Math.max(moment, context.now + 60_000);
}

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour < 24 ? hour : undefined;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

function duration(text: string, context: ReadContext): number | undefined {
  const lead = /\b(?:try again|retry|resets?|available)(?: again)? (?:in|after):? /i.exec(text);
  if (lead === null) return undefined;
  const piece = /^(?:,? ?(?:and )?)(\d{1,9}(?:\.\d{1,9})?) ?(days?|d|hours?|hrs?|hr|h|minutes?|mins?|min|ms|m|seconds?|secs?|sec|s)(?![a-z])/i;
  let rest = text.slice(lead.index + lead[0].length);
  let total: number | undefined;
  for (let found = piece.exec(rest); found !== null; found = piece.exec(rest)) {
    const unit = found[2]?.toLowerCase() ?? '';
    total = (total ?? 0) + Number(found[1]) * (unit === 'ms' ? 1 : (unitMs[unit.charAt(0)] ?? 0));
    rest = rest.slice(found[0].length);
  }
  return total === undefined ? undefined : context.now + Math.ceil(total);
}
