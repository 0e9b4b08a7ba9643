import { join } from 'node:path';
import { landingDiff, landingPatch } from '../../src/landing/diff.js';
import { proposePlans, requestBody, type RunProgram } from '../../src/landing/pull-requests.js';
import { landingTest, text } from './landing-rig.js';

const files = { 'a.txt': text(20), 'b.txt': text(20) };

test('what would land, per plan and in all; names that differ by case only', landingTest(async ({ rig, repository, commit, chain, subject }) => {
  await commit('A', { 'a.txt': text(20, { 3: 'A' }), 'image.png': new Uint8Array([0, 1, 2, 0]) });
  await commit('B', { 'b.txt': null, 'sub/b.txt': text(20), 'A.txt': 'other\n' }, 'plan/A');
  const onto = await rig.git(['rev-parse', 'main']);
  const candidates = await chain([await subject('A'), await subject('B', ['A'])]);
  const diff = await landingDiff(repository, onto, candidates);
  expect(diff.plans.map((plan) => [plan.plan, plan.files])).toEqual([
    ['A', [{ path: 'a.txt', added: 1, removed: 1 }, { path: 'image.png', added: undefined, removed: undefined }]],
    ['B', [{ path: 'A.txt', added: 1, removed: 0 }, { path: 'sub/b.txt', from: 'b.txt', added: 0, removed: 0 }]],
  ]);
  expect(diff.all.files).toHaveLength(4);
  expect(diff.caseClashes).toEqual([['A.txt', 'a.txt']]);
  expect(await landingPatch(repository, onto, candidates.at(-1)?.commit ?? '', { color: false, limit: 100_000 })).toContain('rename to sub/b.txt');
  expect(await landingPatch(repository, onto, candidates.at(-1)?.commit ?? '', { color: false, limit: 10 })).toBeUndefined();
}, { files }));

describe('pull requests', () => {
  const proposal = (plan: string, head: string, restsOn: string[] = []): Parameters<typeof proposePlans>[2][number] => ({ plan, head, branch: `plan/${plan}`, title: 'Title; rm -rf /', goal: 'The goal.', tasks: ['one', 'two'], restsOn });

  test('branches are pushed and requests opened in order; asked again nothing is opened twice', landingTest(async ({ rig, repository, commit }) => {
    const remote = join(rig.folder, 'remote.git');
    await rig.git(['clone', '-q', '--bare', rig.top, remote]);
    await rig.git(['remote', 'add', 'origin', remote]);
    await rig.git(['fetch', '-q', 'origin']);
    const [a, b] = [await commit('A', { 'a.txt': 'A\n' }), await commit('B', { 'b.txt': 'B\n' }, 'plan/A')];
    const opened: string[][] = [];
    const run: RunProgram = async (argv) => {
      const [program, , verb, branch] = argv;
      if (program !== 'gh') return { code: 1, stdout: '', stderr: '' };
      if (verb === 'view' && argv[1] === 'pr') {
        const known = opened.findIndex((one) => one.includes(branch ?? ''));
        return known < 0 ? { code: 1, stdout: '', stderr: 'no pull requests found' } : { code: 0, stdout: `https://forge/pull/${known + 1}\n`, stderr: '' };
      }
      if (verb === 'create') opened.push([...argv]);
      return { code: 0, stdout: verb === 'create' ? `https://forge/pull/${opened.length}\n` : '', stderr: '' };
    };
    const expected = [
      { kind: 'landing.proposed', plan: 'A', head: a, url: 'https://forge/pull/1' },
      { kind: 'landing.proposed', plan: 'B', head: b, url: 'https://forge/pull/2' },
    ];
    expect(await proposePlans(repository, 'main', [proposal('A', a), proposal('B', b, ['A'])], run)).toEqual(expected);
    expect(await proposePlans(repository, 'main', [proposal('A', a), proposal('B', b, ['A'])], run)).toEqual(expected);
    expect(opened).toHaveLength(2);
    expect(opened[0]).toEqual(['gh', 'pr', 'create', '--base', 'main', '--head', 'plan/A', '--title', 'A: Title; rm -rf /', '--body', requestBody(proposal('A', a))]);
    expect(await rig.git(['rev-parse', 'plan/A', 'plan/B'], { cwd: remote })).toBe(`${a}\n${b}`);
    expect(requestBody(proposal('B', b, ['A']))).toBe('The goal.\n\n### Tasks\n\n- [x] one\n- [x] two\n\nMerge first: plan A.\n\nPlan B, branch plan/B.');
  }, { files }));

  test('without a forge tool the branches are pushed all the same; a branch of others is not overwritten', landingTest(async ({ rig, repository, commit }) => {
    const remote = join(rig.folder, 'remote.git');
    await rig.git(['clone', '-q', '--bare', rig.top, remote]);
    await rig.git(['remote', 'add', 'origin', remote]);
    await rig.git(['fetch', '-q', 'origin']);
    const a = await commit('A', { 'a.txt': 'A\n' });
    const run: RunProgram = async () => ({ code: undefined, stdout: '', stderr: 'not found' });
    expect(await proposePlans(repository, 'main', [proposal('A', a)], run)).toEqual([{ kind: 'landing.proposed', plan: 'A', head: a, url: '' }]);
    const b = await commit('B', { 'b.txt': 'B\n' });
    await rig.git(['update-ref', 'refs/heads/plan/B', await rig.git(['rev-parse', 'plan/A'])], { cwd: remote });
    expect(await proposePlans(repository, 'main', [proposal('B', b)], run)).toMatchObject([{ kind: 'landing.refused', failure: { code: 'push-rejected' } }]);
  }, { files }));
});
