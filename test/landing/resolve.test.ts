import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ok } from '../../src/base/result.js';
import { openResolution, settler, type SettleTools } from '../../src/landing/resolve.js';
import type { LandingEvent } from '../../src/model/landing-event.js';
import type { LandingSettings } from '../../src/model/orchestration.js';
import { landingTest, text, type LandingRig } from './landing-rig.js';

const files = { 'a.txt': text(20), 'b.txt': text(20), 'gone.txt': text(20) };

/** A and B change the same line of a.txt; A changes gone.txt, which B deletes. */
async function clash(given: LandingRig): Promise<void> {
  await given.commit('A', { 'a.txt': text(20, { 3: 'A' }), 'gone.txt': text(20, { 9: 'A' }) });
  await given.commit('B', { 'a.txt': text(20, { 3: 'B', 17: 'B too' }), 'gone.txt': null, 'new.txt': 'B\n' });
}

async function scratch(given: LandingRig): Promise<SettleTools['worktree']> {
  const path = join(given.rig.folder, 'scratch');
  await given.rig.git(['worktree', 'add', '-q', '--detach', path]);
  return async (commit) => {
    await given.rig.git(['checkout', '-q', '--force', '--detach', commit], { cwd: path });
    await given.rig.git(['clean', '-q', '-fd'], { cwd: path });
    return ok({ path });
  };
}

async function landed(given: LandingRig, policy: LandingSettings['onConflict'], options: { work?: SettleTools['work']; strategy?: LandingSettings['strategy'] } = {}): Promise<readonly LandingEvent[]> {
  const settle = await settler(given.repository, policy, { worktree: await scratch(given), ...(options.work && { work: options.work }) });
  return given.prepare([await given.subject('A'), await given.subject('B')], { strategy: options.strategy ?? 'merge' }, settle);
}

describe.each(['merge', 'squash', 'rebase'] as const)('strategy %s', (strategy) => {
  test('theirs: the plan wins, also where it deleted; what does not conflict is kept from both', landingTest(async (given) => {
    await clash(given);
    const last = (await landed(given, 'theirs', { strategy })).at(-1);
    if (last?.kind !== 'landing.prepared') throw new Error('not prepared');
    expect(last.chain.map((one) => [one.plan, one.resolved])).toEqual([['A', undefined], ['B', 'theirs']]);
    const commit = last.chain[1]?.commit ?? '';
    expect(await given.rig.fileAt(commit, 'a.txt')).toBe(text(20, { 3: 'B', 17: 'B too' }));
    expect(await given.rig.tree(commit)).toBe('100644 a.txt\n100644 b.txt\n100644 new.txt');
  }, { files }));

  test('ours: what landed before wins', landingTest(async (given) => {
    await clash(given);
    const last = (await landed(given, 'ours', { strategy })).at(-1);
    if (last?.kind !== 'landing.prepared') throw new Error('not prepared');
    const commit = last.chain[1]?.commit ?? '';
    expect(await given.rig.fileAt(commit, 'a.txt')).toBe(text(20, { 3: 'A', 17: 'B too' }));
    expect(await given.rig.fileAt(commit, 'gone.txt')).toBe(text(20, { 9: 'A' }));
  }, { files }));
});

test('stop: nothing is settled; the conflict names the plan, the other one, and the files', landingTest(async (given) => {
  await clash(given);
  expect(await settler(given.repository, 'stop', { worktree: await scratch(given) })).toBeUndefined();
  const events = await given.prepare([await given.subject('A'), await given.subject('B')]);
  expect(events).toMatchObject([{ kind: 'landing.conflicted', plan: 'B', with: 'A', files: ['a.txt', 'gone.txt'] }, { kind: 'landing.prepared', chain: [{ plan: 'A' }] }]);
}, { files }));

test('a conflict with the target names no plan', landingTest(async (given) => {
  await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
  await given.rig.commit('others', { 'a.txt': text(20, { 3: 'target' }) });
  expect((await given.prepare([await given.subject('A')]))[0]).toMatchObject({ kind: 'landing.conflicted', plan: 'A', with: null, files: ['a.txt'] });
}, { files }));

test('a command settles it: its result becomes the candidate', landingTest(async (given) => {
  await clash(given);
  const seen: string[] = [];
  const last = (await landed(given, 'command', {
    work: async (path, subject, conflict) => {
      seen.push(subject.plan, ...conflict.files, await readFile(join(path, 'a.txt'), 'utf8'));
      await writeFile(join(path, 'a.txt'), 'settled\n');
      await given.rig.git(['rm', '-q', '--', 'gone.txt'], { cwd: path });
      return true;
    },
  })).at(-1);
  if (last?.kind !== 'landing.prepared') throw new Error('not prepared');
  expect(seen.slice(0, 3)).toEqual(['B', 'a.txt', 'gone.txt']);
  expect(seen[3]).toContain('<<<<<<<');
  expect(last.chain[1]).toMatchObject({ plan: 'B', resolved: 'command' });
  expect(await given.rig.fileAt(last.chain[1]?.commit ?? '', 'a.txt')).toBe('settled\n');
}, { files }));

test.each([['says that it could not', false, 'x\n'], ['leaves markers', true, '<<<<<<< ours\n=======\n>>>>>>> theirs\n']] as const)('a command that %s: a person is asked', (_name, done, content) =>
  landingTest(async (given) => {
    await clash(given);
    const events = await landed(given, 'command', {
      work: async (path) => {
        await writeFile(join(path, 'a.txt'), content);
        return done;
      },
    });
    expect(events[0]).toMatchObject({ kind: 'landing.conflicted', plan: 'B' });
  }, { files })());

test('rerere: what was settled once is settled again', landingTest(async (given) => {
  await given.rig.git(['config', 'rerere.enabled', 'true']);
  await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
  await given.commit('B', { 'a.txt': text(20, { 3: 'B' }) });
  // A person settles it once, somewhere.
  await given.rig.git(['checkout', '-q', '--detach', 'plan/A']);
  await given.rig.tryGit(['merge', '-q', 'plan/B']);
  await given.rig.write({ 'a.txt': text(20, { 3: 'A and B' }) });
  await given.rig.git(['add', 'a.txt']);
  await given.rig.git(['commit', '-q', '-m', 'settled']);
  const last = (await landed(given, 'stop')).at(-1);
  if (last?.kind !== 'landing.prepared') throw new Error('not prepared');
  expect(last.chain[1]).toMatchObject({ plan: 'B', resolved: 'rerere' });
  expect(await given.rig.fileAt(last.chain[1]?.commit ?? '', 'a.txt')).toBe(text(20, { 3: 'A and B' }));
}, { files }));

test('resolved by a person on the plan\'s branch: the new tip lands under every strategy', landingTest(async (given) => {
  await clash(given);
  const path = join(given.rig.folder, 'B');
  await given.rig.git(['worktree', 'add', '-q', path, 'plan/B']);
  const [a, b] = [await given.subject('A'), await given.subject('B')];
  const obstacles = [{ name: 'main', commit: await given.rig.git(['rev-parse', 'main']) }, { name: 'plan A', commit: a.head }];
  const opened = await openResolution(given.repository, b, obstacles, { path });
  expect(opened).toMatchObject({ ok: true, value: { plan: 'B', merging: a.head, files: ['a.txt', 'gone.txt'] } });
  expect(await openResolution(given.repository, b, obstacles, { path })).toEqual(opened);
  await writeFile(join(path, 'a.txt'), text(20, { 3: 'both' }));
  await given.rig.git(['rm', '-q', 'gone.txt'], { cwd: path });
  await given.rig.git(['commit', '-q', '-a', '--no-edit'], { cwd: path });
  for (const strategy of ['merge', 'squash', 'rebase'] as const) {
    const chain = await given.chain([a, await given.subject('B')], { strategy });
    expect(await given.rig.treeId(chain[1]?.commit)).toBe(await given.rig.treeId('plan/B'));
    expect(chain[1]?.resolved).toBeUndefined();
  }
  expect(await openResolution(given.repository, await given.subject('B'), obstacles, { path })).toMatchObject({ ok: false, error: { code: 'nothing-to-resolve' } });
}, { files }));

test('a merge that cannot begin in the checkout settles nothing, and leaves no lock there', landingTest(async (given) => {
  await clash(given);
  const checkout = await scratch(given);
  const lock = join(given.rig.top, '.git', 'worktrees', 'scratch', 'index.lock');
  const settle = await settler(given.repository, 'ours', {
    worktree: async (commit) => {
      const ready = await checkout(commit);
      await writeFile(lock, '');
      return ready;
    },
  });
  const events = await given.prepare([await given.subject('A'), await given.subject('B')], {}, settle);
  expect(events).toMatchObject([{ kind: 'landing.conflicted', plan: 'B' }, { kind: 'landing.prepared', chain: [{ plan: 'A' }] }]);
  await expect(access(lock)).rejects.toThrow('ENOENT');
}, { files }));

test('a file where the other side has a folder is named as it is called', landingTest(async (given) => {
  await given.commit('A', { 'b.txt': text(20, { 3: 'A' }) });
  await given.commit('B', { 'b.txt': null, 'b.txt/inside.txt': 'B\n' });
  expect((await given.prepare([await given.subject('A'), await given.subject('B')]))[0]).toMatchObject({ kind: 'landing.conflicted', plan: 'B', with: 'A', files: ['b.txt'] });
}, { files }));
