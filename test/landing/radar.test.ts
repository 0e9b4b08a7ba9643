import { fc } from '../rig/property.js';
import { openRepository } from '../../src/git/repository.js';
import { Radar } from '../../src/landing/radar.js';
import { RepositoryRig } from '../rig/repository.js';
import { buildHistory, firstFiles, histories } from './histories.js';
import { landingTest, text } from './landing-rig.js';

const files = { 'a.txt': text(20), 'lib/x.txt': text(20), 'lib/y.txt': text(20), '.gitattributes': '' };
const runs = Number(process.env['LANDING_RUNS'] ?? 5);

test('pairs that do not merge are found, once; those that share nothing are not tried', landingTest(async ({ rig, repository, commit }) => {
  const main = await rig.git(['rev-parse', 'main']);
  const a = await commit('A', { 'a.txt': text(20, { 3: 'A' }) });
  const b = await commit('B', { 'a.txt': text(20, { 3: 'B' }) });
  const c = await commit('C', { 'lib/x.txt': text(20, { 3: 'C' }) });
  const radar = new Radar(repository);
  const tips = [{ plan: 'A', commit: a }, { plan: 'B', commit: b }, { plan: 'C', commit: c }];
  const objects = await rig.git(['count-objects']);
  const first = await radar.sweep(main, tips);
  expect(first).toMatchObject({ conflicts: [{ plans: ['A', 'B'], tips: [a, b], files: ['a.txt'] }], merged: 1, cleared: [] });
  expect(first.appeared).toEqual(first.conflicts);
  expect(await rig.git(['count-objects'])).toBe(objects);
  expect(await radar.sweep(main, tips)).toMatchObject({ conflicts: first.conflicts, appeared: [], merged: 0 });
  const b2 = await commit('B', { 'a.txt': text(20, { 15: 'B' }) });
  // Far from each other in the same file: known without merging. Near: merged.
  expect(await radar.sweep(main, [tips[0]!, { plan: 'B', commit: b2 }, tips[2]!])).toEqual({ conflicts: [], appeared: [], cleared: [['A', 'B']], merged: 0, postponed: 0 });
  const b3 = await commit('B', { 'a.txt': text(20, { 5: 'B' }) });
  expect(await radar.sweep(main, [tips[0]!, { plan: 'B', commit: b3 }, tips[2]!])).toMatchObject({ conflicts: [], merged: 1 });
}, { files }));

test('a folder renamed by one and added to by the other; a file where the other needs a folder', landingTest(async ({ rig, repository, commit }) => {
  const main = await rig.git(['rev-parse', 'main']);
  const moved = await commit('A', { 'lib/x.txt': null, 'lib/y.txt': null, 'new/x.txt': text(20), 'new/y.txt': text(20) });
  const added = await commit('B', { 'lib/z.txt': 'z\n' });
  const file = await commit('C', { spot: 'file\n' });
  const folder = await commit('D', { 'spot/file.txt': 'in a folder\n' });
  const sweep = await new Radar(repository).sweep(main, [{ plan: 'A', commit: moved }, { plan: 'B', commit: added }, { plan: 'C', commit: file }, { plan: 'D', commit: folder }]);
  expect(sweep.conflicts.map((conflict) => conflict.plans)).toEqual([['A', 'B'], ['C', 'D']]);
}, { files }));

test('what git itself would merge is not called a conflict: union by attribute', landingTest(async ({ rig, repository, commit }) => {
  const main = await rig.git(['rev-parse', 'main']);
  const a = await commit('A', { 'a.txt': text(20, { 3: 'A' }) });
  const b = await commit('B', { 'a.txt': text(20, { 3: 'B' }) });
  const sweep = await new Radar(repository).sweep(main, [{ plan: 'A', commit: a }, { plan: 'B', commit: b }]);
  expect(sweep.conflicts).toEqual([]);
}, { files: { ...files, '.gitattributes': 'a.txt merge=union\n' } }));

test('finds exactly the pairs that git merge cannot merge', async () => {
  await fc.assert(
    fc.asyncProperty(histories({ stacked: true, merges: true }), async (history) => {
      const rig = await RepositoryRig.create({ files: firstFiles });
      try {
        const plans = await buildHistory(rig, history);
        const opened = await openRepository(rig.top, rig.environment);
        if (!opened.ok) throw new Error(opened.error.message);
        const sweep = await new Radar(opened.value).sweep(await rig.git(['rev-parse', 'main']), plans.map((plan) => ({ plan: plan.name, commit: plan.head })));
        opened.value.close();
        const expected: string[] = [];
        for (const [index, a] of plans.entries()) {
          for (const b of plans.slice(index + 1)) {
            await rig.git(['checkout', '-q', '--detach', a.head]);
            const merged = await rig.tryGit(['merge', '-q', '--no-commit', '--no-ff', b.head]);
            if (merged.code !== 0) expected.push(`${a.name} ${b.name}`);
            await rig.git(['reset', '-q', '--hard']);
          }
        }
        expect(sweep.conflicts.map((conflict) => conflict.plans.join(' '))).toEqual(expected);
      } finally {
        await rig.cleanup();
      }
    }),
    { numRuns: runs },
  );
});
