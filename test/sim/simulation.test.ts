/** Whole runs in a world of faults. `npm run simulate -- <first> <count>` plays more of them. */
import { sabotages } from './sabotage.js';
import { commandOf, shrink } from './shrink.js';
import { simulateSeed } from './simulate-seed.js';
import type { Draw } from './scenario.js';

const drawOf = (seed: number): Draw => ({ seed, without: new Set(), salt: 0 });

describe('the simulation', () => {
  test('keeps every promise on these seeds', async () => {
    const broken: string[] = [];
    for (let seed = 0; seed < 40; seed += 1) {
      await simulateSeed(drawOf(seed)).catch((error: unknown) => broken.push(`${commandOf(drawOf(seed))}: ${String(error)}`));
    }
    expect(broken).toEqual([]);
  }, 120_000);

  test.each(sabotages)('notices a broken rule: %s', async (sabotage) => {
    let noticed = '';
    for (let seed = 0; seed < 400 && noticed === ''; seed += 1) {
      await simulateSeed(drawOf(seed), { sabotage }).catch((error: unknown) => (noticed = String(error)));
    }
    expect(noticed).not.toBe('');
  }, 120_000);

  test('makes a story that breaks smaller, and says how to play it again', async () => {
    const { draw, message } = await shrink({ ...drawOf(8), without: new Set(['jump']) }, 'no-limit');
    expect(message).toMatch(/attempts run/);
    expect(draw.without.size).toBeGreaterThan(10);
    expect(commandOf(draw)).toMatch(/^npm run simulate -- 8 1 --without jump,/);
    await expect(simulateSeed(draw, { sabotage: 'no-limit' })).rejects.toThrow(message);
  }, 120_000);
});
