/** The simulated git against the real one. `npm run simulate -- <first> <count> --real-git` compares more stories. */
import { compareWithGit } from './compare.js';

describe('the simulated git', () => {
  // Small stories that differ: kills, work that is salvaged or rejected, plans on plans, and each strategy.
  test.each([
    ['merge', 20],
    ['squash', 158],
    ['rebase', 72],
    ['ff-only', 78],
  ])('tells the same story as the real one: %s, seed %d', async (_, seed) => {
    const report = await compareWithGit({ seed, without: new Set(), salt: 0 });
    expect(report.entries).toBeGreaterThan(40);
  }, 120_000);
});
