/** Corners of landing that real repositories have: signed and encoded commits, hooks, binary files, links, what a person did meanwhile. */
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok } from '../../src/base/result.js';
import { openRepository } from '../../src/git/repository.js';
import { advanceTarget } from '../../src/landing/advance-target.js';
import { markMove } from '../../src/landing/move-mark.js';
import { Radar } from '../../src/landing/radar.js';
import { openResolution, settler } from '../../src/landing/resolve.js';
import { shellWord } from '../../src/base/text.js';
import { TreeChanges } from '../../src/landing/tree-changes.js';
import { undoLanding } from '../../src/landing/undo.js';
import { verifyCandidate } from '../../src/landing/verify-candidate.js';
import type { LandingEvent } from '../../src/model/landing-event.js';
import { RepositoryRig } from '../rig/repository.js';
import { landingRig, landingTest, text, type LandingRig } from './landing-rig.js';

const told = (events: readonly LandingEvent[]): string => events.map((event) => (event.kind === 'landing.refused' ? event.failure.code : event.kind)).join(' ');

async function install(path: string, script: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

describe('the commits of a chain', () => {
  test('are written by git where they are signed or not in UTF-8', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': 'A' });
    await rig.git(['config', 'i18n.commitEncoding', 'ISO-8859-1']);
    const [latin] = await given.chain([await given.subject('A')], { strategy: 'squash' });
    expect(await rig.git(['cat-file', 'commit', latin?.commit ?? ''])).toContain('encoding ISO-8859-1');
    const signer = join(rig.folder, 'signer');
    await install(signer, 'cat >/dev/null; echo "[GNUPG:] SIG_CREATED " >&2; echo SIGNATURE');
    await rig.git(['config', 'gpg.program', signer]);
    await rig.git(['config', 'commit.gpgSign', 'true']);
    // Whether commits are signed is asked once for a repository.
    const again = await openRepository(rig.top, rig.environment);
    if (!again.ok) throw new Error(again.error.message);
    const [signed] = await landingRig(rig, again.value).chain([await given.subject('A')], { strategy: 'merge' });
    expect(await rig.git(['cat-file', 'commit', signed?.commit ?? ''])).toContain('SIGNATURE');
    again.value.close();
  }));

  test('have messages that the hook takes', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': 'A' });
    expect(told(await given.prepare([await given.subject('A')], { hooks: true }))).toBe('landing.prepared');
    const hooked = await openRepository(rig.top, rig.environment);
    if (!hooked.ok) throw new Error(hooked.error.message);
    await install(join(rig.top, '.git', 'hooks', 'commit-msg'), 'echo no ticket; exit 1');
    const other = landingRig(rig, hooked.value);
    for (const strategy of ['merge', 'squash'] as const) {
      expect(await other.prepare([await given.subject('A')], { hooks: true, strategy })).toMatchObject([{ failure: { code: 'landing-message-refused', message: expect.stringContaining('no ticket') } }]);
    }
    hooked.value.close();
  }));

  test('are none where no plan is wanted', landingTest(async (given) => {
    expect(await given.prepare([])).toMatchObject([{ kind: 'landing.prepared', chain: [] }]);
  }));

  test('are made in a repository whose path git would split', async () => {
    const rig = await RepositoryRig.create();
    const folder = join(rig.folder, 'a:b"c');
    await rig.git(['clone', '-q', rig.top, folder], { cwd: rig.folder });
    const opened = await openRepository(folder, rig.environment);
    if (!opened.ok) throw new Error(opened.error.message);
    try {
      await rig.git(['switch', '-q', '-c', 'plan/A'], { cwd: folder });
      const head = await rig.commit('A', { 'a.txt': 'A' }, { cwd: folder });
      const onto = await rig.git(['rev-parse', 'main'], { cwd: folder });
      const events = await landingRig(rig, opened.value).prepare([{ plan: 'A', head, branch: 'plan/A', title: 'A', goal: '', restsOn: [] }], { onto });
      expect(events).toMatchObject([{ kind: 'landing.prepared', chain: [{ plan: 'A' }] }]);
    } finally {
      opened.value.close();
      await rig.cleanup();
    }
  });
});

describe('a rebase', () => {
  test('goes along the first parents where a merge settled something that its commits alone do not hold', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': text(20, { 3: 'one' }) });
    const start = await rig.git(['rev-parse', 'plan/A']);
    const side = await rig.commitOn('side', 'side', { 's.txt': 'S' }, 'plan/A');
    const tree = await rig.git(['rev-parse', `${await rig.commitOn('evil', 'x', { 's.txt': 'S', 'settled.txt': 'by hand' }, 'plan/A')}^{tree}`]);
    const merge = await rig.git(['commit-tree', tree, '-p', start, '-p', side, '-m', 'merge by hand']);
    await rig.git(['update-ref', 'refs/heads/plan/A', merge]);
    await rig.commitOn('main', 'foreign', { 'c.txt': 'C' });
    const [candidate] = await given.chain([await given.subject('A')], { strategy: 'rebase' });
    const landed = candidate?.commit ?? '';
    expect([await rig.fileAt(landed, 'settled.txt'), await rig.fileAt(landed, 's.txt'), await rig.fileAt(landed, 'c.txt')]).toEqual(['by hand', 'S', 'C']);
    expect(await rig.git(['rev-list', '--count', '--min-parents=2', `main..${landed}`])).toBe('0');
  }, { files: { 'a.txt': text(20) } }));

  test('leaves out what the target has by now, and takes a history of its own', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
    await given.commit('A', { 'b.txt': 'B' });
    // The same change with another neighbourhood: no patch id tells.
    await rig.commitOn('main', 'the same and more', { 'a.txt': text(20, { 3: 'A', 5: 'more' }) });
    const [candidate] = await given.chain([await given.subject('A')], { strategy: 'rebase' });
    expect(await rig.git(['rev-list', '--count', `main..${candidate?.commit ?? ''}`])).toBe('1');
    const tree = await rig.git(['rev-parse', `${await rig.commitOn('root', 'x', { 'root.txt': 'R' })}^{tree}`]);
    const root = await rig.git(['commit-tree', tree, '-m', 'a root']);
    await rig.git(['update-ref', 'refs/heads/plan/R', root]);
    const [own] = await given.chain([await given.subject('R')], { strategy: 'rebase' });
    expect([await rig.fileAt(own?.commit ?? '', 'root.txt'), await rig.fileAt(own?.commit ?? '', 'a.txt')]).toEqual(['R', text(20, { 3: 'A', 5: 'more' })]);
  }, { files: { 'a.txt': text(20) } }));
});

test('messages in another encoding, said or not, keep their words', landingTest(async (given) => {
  const { rig } = given;
  const tree = await rig.treeId(await given.commit('A', { 'a.txt': 'A' }));
  const input = Buffer.from('W\xf6rk\n', 'latin1');
  const said = await rig.git(['-c', 'i18n.commitEncoding=ISO-8859-1', 'commit-tree', tree, '-p', 'main'], { input });
  const unsaid = await rig.git(['commit-tree', tree, '-p', 'main'], { input });
  await rig.commitOn('main', 'foreign', { 'c.txt': 'C' });
  for (const commit of [said, unsaid]) {
    await rig.git(['update-ref', 'refs/heads/plan/A', commit]);
    const [rebased] = await given.chain([await given.subject('A')], { strategy: 'rebase' });
    expect(await rig.git(['log', '-1', '--format=%s', rebased?.commit ?? ''])).toBe('W\u00f6rk');
    const [squashed] = await given.chain([await given.subject('A')], { strategy: 'squash' });
    expect(await rig.git(['log', '-1', '--format=%b', squashed?.commit ?? ''])).toContain('* W\u00f6rk');
  }
}));

describe('what a rebase leaves out', () => {
  test('is what the target has under another id, not a commit that changes nothing', landingTest(async (given) => {
    const { rig } = given;
    for (const branch of ['plan/A', 'other']) {
      await rig.git(['switch', '-q', '-C', branch, 'main']);
      await rig.git(['commit', '-q', '--allow-empty', '-m', `nothing on ${branch}`]);
      await rig.commitOn(branch, `the same on ${branch}`, { 'a.txt': text(20, { 3: 'A' }) });
    }
    await rig.commitOn('other', 'more', { 'b.txt': 'B' });
    await rig.git(['switch', '-q', '-C', 'main', 'other']);
    const [candidate] = await given.chain([await given.subject('A')], { strategy: 'rebase' });
    expect(await rig.git(['log', '--format=%s', `main..${candidate?.commit ?? ''}`])).toBe('nothing on plan/A');
  }, { files: { 'a.txt': text(20) } }));
});

describe('a conflict', () => {
  test('at the end of a branch that merged the target is shown as the branch has it', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
    const ours = await rig.git(['rev-parse', 'plan/A']);
    const main = await rig.commitOn('main', 'foreign', { 'c.txt': 'C' });
    const merged = await rig.git(['merge-tree', '--write-tree', ours, main]);
    await rig.git(['update-ref', 'refs/heads/plan/A', await rig.git(['commit-tree', merged, '-p', ours, '-p', main, '-m', 'Merge main into plan/A\n\nPlan-Id: A'])]);
    await rig.commitOn('main', 'the same line', { 'a.txt': text(20, { 3: 'theirs' }) });
    for (const strategy of ['merge', 'rebase'] as const) expect(await given.prepare([await given.subject('A')], { strategy })).toMatchObject([{ kind: 'landing.conflicted', with: null, files: ['a.txt'] }, { chain: [] }]);
  }, { files: { 'a.txt': text(20) } }));

  test('of landing again what was taken back and changed since is one', landingTest(async (given) => {
    const { rig } = given;
    await rig.git(['switch', '-q', '--detach']);
    await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
    const [candidate] = await given.chain([await given.subject('A')]);
    const advance = { plans: ['A'], from: await rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
    await advanceTarget(given.repository, { target: 'main', push: false, ...advance });
    await rig.commitOn('main', 'foreign', { 'c.txt': 'C' });
    expect(await undoLanding(given.repository, { run: 'r1', target: 'main', advances: [advance], push: false })).toMatchObject({ ok: true });
    await rig.commitOn('main', 'the same line', { 'a.txt': text(20, { 3: 'theirs' }) });
    expect(await given.prepare([await given.subject('A')])).toMatchObject([{ kind: 'landing.conflicted', plan: 'A', files: ['a.txt'] }, { chain: [] }]);
    const settle = await settler(given.repository, 'theirs', { worktree: scratchIn(given) });
    expect(await given.prepare([await given.subject('A')], {}, settle)).toMatchObject([{ chain: [{ plan: 'A', resolved: 'theirs' }] }]);
  }, { files: { 'a.txt': text(20) } }));

  test('that cannot be worked on is left to a person', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
    await given.commit('B', { 'a.txt': text(20, { 3: 'B' }) });
    const [a, b] = [await given.subject('A'), await given.subject('B')];
    const conflict = { ours: a.head, theirs: b.head, files: ['a.txt'], messages: [] };
    const failure = { kind: 'person', code: 'x', message: 'm' } as const;
    const without = await settler(given.repository, 'agent', { worktree: scratchIn(given) });
    expect(await without?.({ ...conflict, files: [] }, b)).toBeUndefined();
    expect(await without?.(conflict, b)).toBeUndefined();
    const nowhere = await settler(given.repository, 'agent', { worktree: () => Promise.resolve(err(failure)), work: () => Promise.resolve(true) });
    expect(await nowhere?.(conflict, b)).toBeUndefined();
    // rerere alone: what it has not seen before stays.
    await rig.git(['config', 'rerere.enabled', 'true']);
    const remembered = await settler(given.repository, 'stop', { worktree: scratchIn(given) });
    expect(await remembered?.(conflict, b)).toBeUndefined();
    const byHand = await settler(given.repository, 'command', {
      worktree: scratchIn(given),
      work: async (path) => {
        await rig.write({ 'a.txt': 'settled\n' }, { cwd: path });
        await rig.git(['commit', '-q', '-a', '-m', 'settled'], { cwd: path });
        return true;
      },
    });
    expect(await byHand?.(conflict, b)).toMatchObject({ resolved: 'command' });
    const scratch = await scratchIn(given)(b.head);
    expect(await openResolution(given.repository, b, [], { path: scratch.ok ? scratch.value.path : '' })).toMatchObject({ ok: false, error: { code: 'resolve-elsewhere' } });
    const own = join(rig.folder, 'own');
    await rig.git(['worktree', 'add', '-q', own, 'plan/B']);
    expect(await openResolution(given.repository, b, [], { path: own })).toMatchObject({ ok: false, error: { code: 'nothing-to-resolve' } });
    await rig.write({ 'a.txt': 'typed and not committed\n' }, { cwd: own });
    expect(await openResolution(given.repository, b, [{ name: 'A', commit: a.head }], { path: own })).toMatchObject({ ok: false, error: { code: 'resolve-refused' } });
  }, { files: { 'a.txt': text(20) } }));
});

function scratchIn(given: LandingRig): (commit: string) => Promise<ReturnType<typeof ok<{ path: string }>>> {
  return async (commit) => {
    const path = join(given.rig.folder, 'scratch');
    if ((await given.rig.run('test', ['-d', path])).code !== 0) await given.rig.git(['worktree', 'add', '-q', '--detach', path]);
    await given.rig.git(['checkout', '-q', '--force', '--detach', commit], { cwd: path });
    return ok({ path });
  };
}

describe('the checkout of the target, after a kill', () => {
  test('keeps what is no beginning of what we wrote: links, folders, modules, removed files that were made again', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': 'A', link: { link: 'elsewhere' }, own: { link: 'new' }, 'gone.txt': null, 'spot.txt': 'spot', 'folder.txt': 'file' });
    const [candidate] = await given.chain([await given.subject('A')]);
    const move = { from: await rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
    await markMove(given.repository, { ref: 'refs/heads/main', ...move, path: rig.top, gitDir: given.repository.commonDir });
    await rm(join(rig.top, 'link'), { force: true });
    await symlink('elsewhere', join(rig.top, 'link'));
    await rm(join(rig.top, 'own'), { force: true });
    await symlink('mine', join(rig.top, 'own'));
    await rig.write({ 'gone.txt': 'made again by a person', 'folder.txt/inside': 'a folder' });
    const failure = await advanceTarget(given.repository, { target: 'main', plans: ['A'], push: false, ...move });
    expect(failure).toMatchObject([{ kind: 'landing.refused', failure: { code: 'target-checkout-dirty' } }]);
    expect(await readFile(join(rig.top, 'gone.txt'), 'utf8')).toBe('made again by a person');
    expect(await readFile(join(rig.top, 'folder.txt', 'inside'), 'utf8')).toBe('a folder');
  }, { files: { link: { link: 'here' }, own: { link: 'old' }, 'gone.txt': 'old\n' } }));

  test('is nothing of ours any more once a person went on to something else there', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': 'A' });
    const [candidate] = await given.chain([await given.subject('A')]);
    const move = { from: await rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
    await markMove(given.repository, { ref: 'refs/heads/main', ...move, path: rig.top, gitDir: given.repository.commonDir });
    await rig.git(['switch', '-q', '--detach']);
    expect(told(await advanceTarget(given.repository, { target: 'main', plans: ['A'], push: false, ...move }))).toBe('target.advanced');
    // Taken back to where it was: it moved nothing, so nobody can have it.
    const still = { plans: ['A'], from: move.to, to: move.to };
    expect(await undoLanding(given.repository, { run: 'r1', target: 'main', advances: [still], push: false })).toMatchObject({ ok: true, value: [{ to: move.to }] });
  }));

  test('names some of many files that are in the way, as a shell takes them', landingTest(async (given) => {
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`it's ${index}.txt`, 'landed']));
    await given.commit('A', many);
    const [candidate] = await given.chain([await given.subject('A')]);
    const move = { from: await given.rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
    await given.rig.write(Object.fromEntries(Object.keys(many).map((path) => [path, 'mine'])));
    const [event] = await advanceTarget(given.repository, { target: 'main', plans: ['A'], push: false, ...move });
    expect(event).toMatchObject({ failure: { message: expect.stringContaining('and 2 more'), hint: expect.stringContaining(`'it'\\''s 0.txt'`) } });
    expect([shellWord('plain/path.txt'), shellWord("it's")]).toEqual(['plain/path.txt', `'it'\\''s'`]);
  }));
});

describe('answers that come in pieces', () => {
  test('are waited for: a comparison of trees is whole before it is taken', landingTest(async (given) => {
    await given.commit('A', {});
    const [from, to] = await Promise.all(['main', 'plan/A'].map((ref) => given.rig.treeId(ref)));
    const changes = new TreeChanges(given.repository);
    expect(await changes.between(from as string, from as string)).toEqual([]);
    const blob = await given.rig.git(['rev-parse', 'main:README.md']);
    const input = Array.from({ length: 3_000 }, (_, index) => `100644 ${blob}\tfolder-${index % 7}/a file with a long name ${index}\n`).join('');
    await given.rig.git(['update-index', '--add', '--index-info'], { input });
    const tree = await given.rig.git(['write-tree']);
    const all = await Promise.all([changes.between(to as string, tree), changes.between(tree, to as string)]);
    expect(all.map((found) => [found.length, found[0]?.status])).toEqual([[3_000, 'A'], [3_000, 'D']]);
    changes.close();
  }));
});

describe('an undo in a checkout', () => {
  test('that git itself refuses is told with its words', landingTest(async (given) => {
    const { rig } = given;
    await given.commit('A', { 'a.txt': 'A' });
    const [candidate] = await given.chain([await given.subject('A')]);
    const advance = { plans: ['A'], from: await rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
    expect(told(await advanceTarget(given.repository, { target: 'main', push: false, ...advance }))).toBe('target.advanced');
    await install(join(rig.top, '.git', 'hooks', 'reference-transaction'), '[ "$1" != prepared ] || ! grep -q refs/heads/main');
    expect(await undoLanding(given.repository, { run: 'r1', target: 'main', advances: [advance], push: false })).toMatchObject({ ok: false, error: { code: 'target-checkout-refused' } });
    await rm(join(rig.top, '.git', 'hooks', 'reference-transaction'));
    expect(await rig.git(['rev-parse', 'main'])).toBe(advance.to);
    expect(await undoLanding(given.repository, { run: 'r1', target: 'gone', advances: [advance], push: false })).toMatchObject({ ok: false, error: { code: 'target-gone' } });
  }));
});

describe('the radar', () => {
  test('takes files that it cannot look into for meeting, and branches upon branches where they part', landingTest(async (given) => {
    const { rig } = given;
    const main = await rig.git(['rev-parse', 'main']);
    const big = (line: string): string => `${line}\n${'x'.repeat(80)}\n`.repeat(20_000);
    const a = await given.commit('A', { 'bytes.bin': new Uint8Array([0, 1, 3]), 'big.txt': `first\n${big('y')}` });
    const b = await given.commit('B', { 'bytes.bin': new Uint8Array([0, 2, 3]) });
    const c = await given.commit('C', { 'big.txt': `${big('y')}last\n` });
    const upon = await rig.commitOn('plan/D', 'upon A', { 'bytes.bin': new Uint8Array([0, 9]) }, 'plan/A');
    const radar = new Radar(given.repository);
    const sweep = await radar.sweep(main, [{ plan: 'A', commit: a }, { plan: 'B', commit: b }, { plan: 'C', commit: c }, { plan: 'D', commit: upon }]);
    expect(sweep.conflicts.map((conflict) => conflict.plans)).toEqual([['A', 'B'], ['B', 'D']]);
    expect(sweep.merged).toBeGreaterThan(2);
  }, { files: { 'bytes.bin': new Uint8Array([0, 1, 2]), 'big.txt': `${'y\n'}${'x'.repeat(80)}\n`.repeat(20_000) } }));

  test('merges where attributes say how', landingTest(async (given) => {
    const main = await given.rig.git(['rev-parse', 'main']);
    const a = await given.commit('A', { 'list.txt': 'one\nA\n' });
    const b = await given.commit('B', { 'list.txt': 'one\nB\n' });
    expect((await new Radar(given.repository).sweep(main, [{ plan: 'A', commit: a }, { plan: 'B', commit: b }])).conflicts).toEqual([]);
  }, { files: { 'list.txt': 'one\n', '.gitattributes': 'list.txt merge=union\n' } }));
});

test('a verify command that changed many files names some; line endings against their attributes are nobody’s doing', landingTest(async (given) => {
  const { rig } = given;
  const path = join(rig.folder, 'lane');
  const commit = await rig.git(['rev-parse', 'main']);
  await rig.git(['worktree', 'add', '-q', '--detach', path]);
  const verify = (change: () => Promise<void>, code = 0): Promise<readonly LandingEvent[]> =>
    verifyCandidate(given.repository, { commit, tree: 't', attempt: 1, key: 'k', command: 'check', stop: new AbortController().signal }, {
      worktree: () => Promise.resolve(ok({ path })),
      run: async () => (await change(), { code, timedOut: false, stopped: false, tail: '' }),
    });
  const names = Array.from({ length: 7 }, (_, index) => `f${index}`);
  expect(await verify(() => rig.write(Object.fromEntries(names.map((name) => [name, 'changed'])), { cwd: path }))).toMatchObject([{ result: 'red', note: expect.stringContaining('and 2 more') }]);
  expect(await verify(() => Promise.resolve(), 126)).toMatchObject([{ result: 'abandoned' }, { failure: { code: 'verify-cannot-run', message: expect.stringMatching(/: check$/) } }]);
}, { files: Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`f${index}`, 'as it was\n'])) }));
