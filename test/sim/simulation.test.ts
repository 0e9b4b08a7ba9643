/** Whole runs in a world of faults. `npm run simulate -- <first> <count>` plays more of them. */
import { sabotages } from './sabotage.js';
import { simulateSeed } from './simulate-seed.js';

describe('the simulation', () => {
  test('keeps every promise on these seeds', async () => {
    const broken: string[] = [];
    for (let seed = 0; seed < 120; seed += 1) {
      await simulateSeed(seed).catch((error: unknown) => broken.push(`npm run simulate -- ${seed} 1: ${String(error)}`));
    }
    expect(broken).toEqual([]);
  }, 120_000);

  test.each(sabotages)('notices a broken rule: %s', async (sabotage) => {
    let noticed = '';
    for (let seed = 0; seed < 400 && noticed === ''; seed += 1) {
      await simulateSeed(seed, sabotage).catch((error: unknown) => (noticed = String(error)));
    }
    expect(noticed).not.toBe('');
  }, 120_000);
});
