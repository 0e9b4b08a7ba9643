/** Wall time against moments, at the edges where clocks jump. */
import { fc } from '../rig/property.js';
import { isTimeZone, momentOf, nextOccurrence, wallTimeAt } from '../../src/base/zoned-time.js';

const wall = (year: number, month: number, day: number, hour: number, minute: number) => ({ year, month, day, hour, minute, second: 0 });

test.each([
  ['winter', wall(2026, 1, 15, 12, 0), 'Europe/Berlin', Date.UTC(2026, 0, 15, 11)],
  ['summer', wall(2026, 7, 15, 12, 0), 'Europe/Berlin', Date.UTC(2026, 6, 15, 10)],
  ['skipped by summer time: moved on', wall(2026, 3, 29, 2, 30), 'Europe/Berlin', Date.UTC(2026, 2, 29, 1, 30)],
  ['twice: the first', wall(2026, 10, 25, 2, 30), 'Europe/Berlin', Date.UTC(2026, 9, 25, 0, 30)],
  ['half hours', wall(2026, 5, 1, 9, 30), 'Asia/Kolkata', Date.UTC(2026, 4, 1, 4, 0)],
  ['day 32', wall(2026, 1, 32, 0, 0), 'UTC', Date.UTC(2026, 1, 1)],
])('%s', (_name, time, zone, expected) => expect(momentOf(time, zone)).toBe(expected));

test.each([
  ['later today', 22, 0, Date.UTC(2026, 5, 1, 10), 'UTC', Date.UTC(2026, 5, 1, 22)],
  ['tomorrow', 6, 30, Date.UTC(2026, 5, 1, 10), 'UTC', Date.UTC(2026, 5, 2, 6, 30)],
  ['not now itself', 10, 0, Date.UTC(2026, 5, 1, 10), 'UTC', Date.UTC(2026, 5, 2, 10)],
  ['across the end of a month', 1, 0, Date.UTC(2026, 1, 28, 23), 'UTC', Date.UTC(2026, 2, 1, 1)],
])('next occurrence: %s', (_name, hour, minute, after, zone, expected) => expect(nextOccurrence(hour, minute, after, zone)).toBe(expected));

test('what a clock shows leads back to the moment, but for the hour that comes twice', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 }), fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'), (second, zone) => {
      const shown = wallTimeAt(second * 1000, zone);
      const back = momentOf(shown, zone);
      expect(wallTimeAt(back, zone)).toEqual(shown);
      expect(second * 1000 - back).toBeGreaterThanOrEqual(0);
      expect(second * 1000 - back).toBeLessThanOrEqual(3_600_000);
    }),
    { numRuns: 300 },
  );
});

test('zones by name', () => {
  expect([isTimeZone('Europe/Paris'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
});
