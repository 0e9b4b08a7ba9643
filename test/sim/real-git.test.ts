/** The simulated git against the real one. `npm run simulate -- <first> <count> --real-git` compares more stories. */
import { compareWithGit } from './compare.js';

describe('the simulated git', () => {
  // Small stories that differ: each strategy, kills between deeds, and in the middle of each kind of deed.
  test.each([
    ['merge', 216],
    ['squash', 693],
    ['rebase', 59],
    ['ff-only', 19],
  ])('tells the same story as the real one: %s, seed %d', async (_, seed) => {
    const report = await compareWithGit({ seed, without: new Set(), salt: 0 });
    expect(report.entries).toBeGreaterThan(40);
  }, 120_000);
});
