import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { advanceTarget } from '../../src/landing/advance-target.js';
import { undoLanding } from '../../src/landing/undo.js';
import type { LandingSettings } from '../../src/model/orchestration.js';
import { landingTest, text, type LandingRig } from './landing-rig.js';

const files = { 'a.txt': text(20), 'b.txt': text(20) };

async function landed(given: LandingRig, strategy: LandingSettings['strategy'] = 'merge'): Promise<{ plans: string[]; from: string; to: string }> {
  await given.commit('A', { 'a.txt': text(20, { 3: 'A' }), 'new.txt': 'new\n' });
  await given.commit('B', { 'b.txt': text(20, { 3: 'B' }) });
  const from = await given.rig.git(['rev-parse', 'main']);
  const chain = await given.chain([await given.subject('A'), await given.subject('B')], { strategy });
  const advance = { plans: ['A', 'B'], from, to: chain.at(-1)?.commit ?? '' };
  expect((await advanceTarget(given.repository, { target: 'main', push: false, ...advance }))[0]?.kind).toBe('target.advanced');
  return advance;
}

const undo = (given: LandingRig, advance: { plans: string[]; from: string; to: string }): ReturnType<typeof undoLanding> => undoLanding(given.repository, { run: 'r1', target: 'main', advances: [advance], push: false });

test('nobody has it and nobody went on: the target goes back, work in the checkout stays', landingTest(async (given) => {
  const advance = await landed(given);
  await given.rig.write({ 'mine.txt': 'mine\n' });
  const undone = { ok: true, value: [{ kind: 'target.undone', from: advance.to, to: advance.from, plans: ['A', 'B'] }] };
  expect(await undo(given, advance)).toEqual(undone);
  expect(await given.rig.git(['rev-parse', 'main'])).toBe(advance.from);
  expect(await given.rig.git(['status', '--porcelain'])).toBe('?? mine.txt');
  expect(await undo(given, advance)).toEqual(undone);
}, { files }));

test('an edited file in the way: refused, nothing touched', landingTest(async (given) => {
  const advance = await landed(given);
  await given.rig.write({ 'a.txt': 'my edit\n' });
  expect(await undo(given, advance)).toMatchObject({ ok: false, error: { kind: 'person', code: 'target-checkout-dirty' } });
  expect(await readFile(join(given.rig.top, 'a.txt'), 'utf8')).toBe('my edit\n');
  expect(await given.rig.git(['rev-parse', 'main'])).toBe(advance.to);
}, { files }));

test.each(['merge', 'squash', 'rebase'] as const)('%s: others went on from there: commits that revert, and what others did stays', (strategy) =>
  landingTest(async (given) => {
    const advance = await landed(given, strategy);
    const other = await given.rig.commit('other', { 'b.txt': text(20, { 3: 'B', 15: 'other' }) });
    const result = await undo(given, advance);
    expect(result).toMatchObject({ ok: true, value: [{ kind: 'target.undone', from: other, plans: ['A', 'B'] }] });
    expect(await given.rig.fileAt('main', 'a.txt')).toBe(text(20));
    expect(await given.rig.fileAt('main', 'b.txt')).toBe(text(20, { 15: 'other' }));
    expect(await given.rig.fileAt('main', 'new.txt')).toBeUndefined();
    expect(await given.rig.git(['status', '--porcelain'])).toBe('');
    expect(await given.rig.git(['log', '-2', '--format=%s', '--first-parent', 'main'])).toMatch(/^Revert ".*"\nRevert ".*"$/);
    // Landing again: the work comes back; where the target holds the branch's own commits one by one nothing would change, and that is said.
    const again = (await given.prepare([await given.subject('A')], { strategy })).at(-1);
    if (strategy === 'rebase') expect(again).toMatchObject({ kind: 'landing.refused', failure: { code: 'landing-was-reverted' } });
    else if (again?.kind === 'landing.prepared') {
      const [back] = again.chain;
      expect(await given.rig.fileAt(back?.commit ?? '', 'new.txt')).toBe('new\n');
      expect(await given.rig.fileAt(back?.commit ?? '', 'a.txt')).toBe(text(20, { 3: 'A' }));
      // It is there now: landing it once more changes nothing, and B is still taken back.
      expect((await given.prepare([await given.subject('A')], { strategy, onto: back?.commit ?? '' })).at(-1)).toMatchObject({ kind: 'landing.prepared', chain: [{ tree: back?.tree }] });
      expect(await given.rig.fileAt(back?.commit ?? '', 'b.txt')).toBe(text(20, { 15: 'other' }));
    } else throw new Error('not prepared');
  }, { files })());

test('pushed: reverted, not rewound', landingTest(async (given) => {
  const advance = await landed(given);
  const remote = join(given.rig.folder, 'remote.git');
  await given.rig.git(['clone', '-q', '--bare', given.rig.top, remote]);
  await given.rig.git(['remote', 'add', 'origin', remote]);
  await given.rig.git(['fetch', '-q', 'origin']);
  expect(await undo(given, advance)).toMatchObject({ ok: true });
  expect(await given.rig.git(['merge-base', '--is-ancestor', advance.to, 'main'])).toBe('');
  expect(await given.rig.treeId('main')).toBe(await given.rig.treeId(advance.from));
}, { files }));

test('others changed the same lines since: refused with the command to do it by hand', landingTest(async (given) => {
  const advance = await landed(given);
  const other = await given.rig.commit('other', { 'b.txt': text(20, { 3: 'other' }) });
  expect(await undo(given, advance)).toMatchObject({ ok: false, error: { code: 'undo-conflict', hint: expect.stringContaining('git revert -m 1') } });
  expect(await given.rig.git(['rev-parse', 'main'])).toBe(other);
}, { files }));

describe('landed again after it was taken back by reverts', () => {
  const takeBack = async (given: LandingRig, advance: { plans: string[]; from: string; to: string }): Promise<void> => {
    expect((await advanceTarget(given.repository, { target: 'main', push: false, ...advance }))[0]?.kind).toBe('target.advanced');
    await given.rig.commit('others go on', { 'other.txt': 'other\n' });
    expect(await undo(given, advance)).toMatchObject({ ok: true });
  };
  const land = async (given: LandingRig, strategy: LandingSettings['strategy']): Promise<{ plans: string[]; from: string; to: string }> => {
    const from = await given.rig.git(['rev-parse', 'main']);
    const [landing] = await given.chain([await given.subject('A')], { strategy, onto: from });
    return { plans: ['A'], from, to: landing?.commit ?? '' };
  };

  test.each(['merge', 'squash'] as const)('%s: a branch that went on brings all of its work, each time', (strategy) =>
    landingTest(async (given) => {
      await given.commit('A', { 'new.txt': 'new\n' });
      await takeBack(given, await land(given, strategy));
      await given.commit('A', { 'more.txt': 'more\n', 'new.txt': 'newer\n' });
      const again = await land(given, strategy);
      expect(await given.rig.fileAt(again.to, 'new.txt')).toBe('newer\n');
      expect(await given.rig.fileAt(again.to, 'more.txt')).toBe('more\n');
      await takeBack(given, again);
      expect(await given.rig.fileAt('main', 'new.txt')).toBeUndefined();
      await given.commit('A', { 'last.txt': 'last\n' });
      const third = await land(given, strategy);
      for (const [path, content] of [['new.txt', 'newer\n'], ['more.txt', 'more\n'], ['last.txt', 'last\n'], ['other.txt', 'other\n']] as const) {
        expect(await given.rig.fileAt(third.to, path)).toBe(content);
      }
    }, { files })());

  test('rebased onto what others did: the same changes are replayed, although the target has had them', landingTest(async (given) => {
    await given.commit('A', { 'new.txt': 'new\n' });
    await given.rig.commit('others were first', { 'first.txt': 'first\n' });
    await takeBack(given, await land(given, 'rebase'));
    const again = await land(given, 'rebase');
    expect(await given.rig.fileAt(again.to, 'new.txt')).toBe('new\n');
  }, { files }));

  test.each(['merge', 'squash', 'rebase'] as const)('fast-forwarded, then %s: said, with the way to bring all of it back', (strategy) =>
    landingTest(async (given) => {
      const commit = (task: string, files_: Readonly<Record<string, string>>): Promise<string> => given.rig.commitOn('plan/A', `${task}\n\nPlan-Id: A`, files_);
      await commit('1.1', { 'new.txt': 'new\n' });
      await commit('1.2', { 'new.txt': 'newer\n' });
      await takeBack(given, await land(given, 'ff-only'));
      await commit('1.3', { 'more.txt': 'more\n' });
      const onto = await given.rig.git(['rev-parse', 'main']);
      const refused = (await given.prepare([await given.subject('A')], { strategy, onto })).at(-1);
      expect(refused).toMatchObject({ kind: 'landing.refused', failure: { code: 'landing-was-reverted', hint: expect.stringMatching(/git revert --no-edit [0-9a-f]{40} [0-9a-f]{40}\)/) } });
      const [, command = ''] = /\((.*)\)/.exec((refused as { failure: { hint: string } }).failure.hint) ?? [];
      for (const line of command.split(' && ')) await given.rig.git([...line.split(' ').slice(1)]);
      await given.rig.git(['switch', '-q', 'main']);
      const again = await land(given, strategy);
      for (const [path, content] of [['new.txt', 'newer\n'], ['more.txt', 'more\n'], ['other.txt', 'other\n']] as const) expect(await given.rig.fileAt(again.to, path)).toBe(content);
    }, { files })());

  test('fast-forwarded with commits that name no plan: known by the run', landingTest(async (given) => {
    const own = await given.commit('A', { 'new.txt': 'new\n' });
    await takeBack(given, await land(given, 'ff-only'));
    await given.commit('A', { 'more.txt': 'more\n' });
    const onto = await given.rig.git(['rev-parse', 'main']);
    const again = async (commits: readonly string[]): Promise<unknown> => (await given.prepare([{ ...(await given.subject('A')), commits }], { strategy: 'merge', onto })).at(-1);
    expect(await again([own])).toMatchObject({ kind: 'landing.refused', failure: { code: 'landing-was-reverted' } });
    // Of a plan that only began there it is not: what was taken back stays out.
    expect(await again([])).toMatchObject({ kind: 'landing.prepared' });
  }, { files }));

  test('a task that a person reverted on the target is not forced back by what the plan does next', landingTest(async (given) => {
    const first = await given.rig.commitOn('plan/A', '1.1\n\nPlan-Id: A', { 'new.txt': 'new\n' });
    const advance = await land(given, 'ff-only');
    expect((await advanceTarget(given.repository, { target: 'main', push: false, ...advance }))[0]?.kind).toBe('target.advanced');
    await given.rig.git(['revert', '--no-edit', first]);
    await given.rig.commitOn('plan/A', '1.2\n\nPlan-Id: A', { 'more.txt': 'more\n' });
    const again = await land(given, 'merge');
    expect(await given.rig.fileAt(again.to, 'new.txt')).toBeUndefined();
    expect(await given.rig.fileAt(again.to, 'more.txt')).toBe('more\n');
  }, { files }));

  test('rebased: a change that others have picked and kept is not made twice', landingTest(async (given) => {
    await given.commit('A', { 'new.txt': 'new\n' });
    await given.rig.commit('picked', { 'new.txt': 'new\n' });
    const again = await land(given, 'rebase');
    expect(again.to).toBe(again.from);
  }, { files }));
});

test('fast-forwarded, with the target merged into the branch: what the target had before stays', landingTest(async (given) => {
  await given.commit('A', { 'new.txt': 'new\n' });
  const from = await given.rig.commit('others', { 'other.txt': 'other\n' });
  await given.rig.git(['switch', '-q', 'plan/A']);
  await given.rig.git(['merge', '-q', '--no-edit', 'main']);
  await given.rig.git(['switch', '-q', 'main']);
  const [landing] = await given.chain([await given.subject('A')], { strategy: 'ff-only', onto: from });
  const advance = { plans: ['A'], from, to: landing?.commit ?? '' };
  expect((await advanceTarget(given.repository, { target: 'main', push: false, ...advance }))[0]?.kind).toBe('target.advanced');
  await given.rig.commit('others go on', { 'later.txt': 'later\n' });
  expect(await undo(given, advance)).toMatchObject({ ok: true });
  expect(await given.rig.fileAt('main', 'other.txt')).toBe('other\n');
  expect(await given.rig.fileAt('main', 'later.txt')).toBe('later\n');
  expect(await given.rig.fileAt('main', 'new.txt')).toBeUndefined();
}, { files }));
