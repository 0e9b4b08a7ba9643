import { adapt, type Adaptation } from '../../src/engine/adapt.js';

const gib = 2 ** 30;
const start: Adaptation = { tasks: 8, calm: 0 };

describe('adapting to memory', () => {
  test.each([
    ['plenty: stays at the most', start, 12, 8, 8],
    ['under pressure: half of what runs', start, 1, 8, 4],
    ['under pressure with little running: counts what runs', start, 1, 2, 1],
    ['under pressure: never below one', { tasks: 1, calm: 0 }, 1, 1, 1],
    ['in between: nothing changes', { tasks: 3, calm: 2 }, 3, 3, 3],
  ])('%s', (_name, now, availableGib, running, expected) => {
    expect(adapt(now, { available: availableGib * gib, total: 16 * gib }, running, 8).tasks).toBe(expected);
  });

  test('grows by one after three calm samples, and a spike in between starts the count anew', () => {
    const calm = { available: 12 * gib, total: 16 * gib };
    let now: Adaptation = { tasks: 2, calm: 0 };
    const seen: number[] = [];
    for (const sample of [calm, calm, { available: 3 * gib, total: 16 * gib }, calm, calm, calm, calm]) {
      now = adapt(now, sample, now.tasks, 8);
      seen.push(now.tasks);
    }
    expect(seen).toEqual([2, 2, 2, 2, 2, 3, 3]);
  });

  test.each([
    ['above what is allowed nothing is added', start, 9, 3, 3],
    ['above it, with nothing running, one may', start, 9, 0, 1],
    ['above it, less stays less', { tasks: 2, calm: 2 }, 9, 5, 2],
    ['a little below nothing changes', { tasks: 3, calm: 2 }, 7, 3, 3],
    ['well below one more may', { tasks: 3, calm: 2 }, 5, 3, 4],
  ])('load: %s', (_name, now, load, running, expected) => {
    expect(adapt(now, { available: 12 * gib, total: 16 * gib, load: { now: load, most: 8 } }, running, 8).tasks).toBe(expected);
  });

  test('a lower limit in the settings counts at once', () => {
    expect(adapt({ tasks: 8, calm: 0 }, { available: 12 * gib, total: 16 * gib }, 8, 3).tasks).toBe(3);
  });
});
