import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { advanceTarget } from '../../src/landing/advance-target.js';
import { markMove } from '../../src/landing/move-mark.js';
import type { LandingEvent } from '../../src/model/landing-event.js';
import { landingTest, text, type LandingRig } from './landing-rig.js';

const files = { 'a.txt': text(20), 'b.txt': text(20), 'dir/c.txt': text(20), '.gitignore': '*.env\n' };

/** One plan that changes a.txt, removes dir/c.txt, and adds new.txt and sub/deep.env; ready to land. */
async function ready(given: LandingRig): Promise<{ from: string; to: string }> {
  if (given.repository.bare) await given.commit('A', { 'a.txt': 'changed by A\n' });
  else await given.commit('A', { 'a.txt': text(20, { 3: 'changed by A' }), 'dir/c.txt': null, 'new.txt': 'new\n', 'sub/deep.env': 'landed\n' });
  const [candidate] = await given.chain([await given.subject('A')]);
  return { from: await given.rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
}

async function advance(given: LandingRig, move: { from: string; to: string }, options: { target?: string; push?: boolean } = {}): Promise<readonly LandingEvent[]> {
  return advanceTarget(given.repository, { target: options.target ?? 'main', plans: ['A'], ...move, push: options.push ?? false });
}

const advanced = (move: { from: string; to: string }): LandingEvent => ({ kind: 'target.advanced', plans: ['A'], ...move });

function failureOf(events: readonly LandingEvent[]): { code: string; message: string; hint: string } {
  const [event] = events;
  if (event?.kind !== 'landing.refused') throw new Error(`not refused: ${JSON.stringify(events)}`);
  expect(event.failure.kind).toBe('person');
  return { code: event.failure.code, message: event.failure.message, hint: event.failure.hint ?? '' };
}

describe('a target that nobody has checked out', () => {
  test('moves by compare-and-swap, once', landingTest(async (given) => {
    await given.rig.git(['switch', '-q', '--detach']);
    const move = await ready(given);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['rev-parse', 'main'])).toBe(move.to);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['log', '-g', '-1', '--format=%gs', 'main'])).toBe('plan: land A');
  }, { files }));

  test('somebody else moved it: nothing is overwritten', landingTest(async (given) => {
    await given.rig.git(['switch', '-q', '--detach']);
    const move = await ready(given);
    const other = await given.rig.commitOn('main', 'other', { 'o.txt': 'o\n' });
    expect(await advance(given, move)).toEqual([{ kind: 'target.moved', from: move.from, to: other }]);
    expect(await given.rig.git(['rev-parse', 'main'])).toBe(other);
  }, { files }));

  test('our move was made and others went on from there', landingTest(async (given) => {
    await given.rig.git(['switch', '-q', '--detach']);
    const move = await ready(given);
    await advance(given, move);
    const other = await given.rig.commitOn('main', 'other', { 'o.txt': 'o\n' });
    expect(await advance(given, move)).toEqual([advanced(move), { kind: 'target.moved', from: move.to, to: other }]);
  }, { files }));

  test('a bare repository', landingTest(async (given) => {
    const move = await ready(given);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['rev-parse', 'main'])).toBe(move.to);
  }, { files, bare: true }));

  test('it is gone', landingTest(async (given) => {
    await given.rig.git(['switch', '-q', '--detach']);
    const move = await ready(given);
    await given.rig.git(['branch', '-D', 'main']);
    expect(failureOf(await advance(given, move)).code).toBe('target-gone');
  }, { files }));

  test('a hook that says no is told', landingTest(async (given) => {
    await given.rig.git(['switch', '-q', '--detach']);
    const move = await ready(given);
    const hook = join(given.rig.top, '.git/hooks/reference-transaction');
    await writeFile(hook, '#!/bin/sh\ngrep -q refs/heads/main && { echo frozen >&2; exit 1; }\nexit 0\n');
    await chmod(hook, 0o755);
    expect(failureOf(await advance(given, move)).message).toContain('main');
    expect(await given.rig.git(['rev-parse', 'main'])).toBe(move.from);
  }, { files }));

  test('it is being rebased somewhere', landingTest(async (given) => {
    const move = await ready(given);
    await given.rig.commitOn('side', 'side', { 'b.txt': 'side\n' });
    await given.rig.commit('mine', { 'b.txt': 'mine\n' });
    const from = await given.rig.git(['rev-parse', 'main']);
    expect((await given.rig.tryGit(['rebase', '-q', 'side'])).code).not.toBe(0);
    await given.rig.git(['update-ref', 'refs/heads/main', move.from]);
    const failure = failureOf(await advance(given, move));
    expect(failure.code).toBe('target-checkout-busy');
    await given.rig.git(['update-ref', 'refs/heads/main', from]);
  }, { files }));
});

describe('a target that is checked out', () => {
  test('is brought along; unrelated work stays as it is', landingTest(async (given) => {
    const move = await ready(given);
    await given.rig.write({ 'b.txt': 'my own edit\n', 'untracked.txt': 'mine\n', 'local.env': 'secret\n' });
    await given.rig.git(['add', 'b.txt']);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['status', '--porcelain', '--ignored'])).toBe('M  b.txt\n?? untracked.txt\n!! local.env');
    expect(await readFile(join(given.rig.top, 'a.txt'), 'utf8')).toContain('changed by A');
  }, { files }));

  test('in a linked worktree', landingTest(async (given) => {
    const move = await ready(given);
    await given.rig.git(['switch', '-q', '--detach']);
    const linked = join(given.rig.folder, 'linked');
    await given.rig.git(['worktree', 'add', '-q', linked, 'main']);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['status', '--porcelain'], { cwd: linked })).toBe('');
  }, { files }));

  test('a worktree whose folder was removed by hand is in nobody\'s way', landingTest(async (given) => {
    const move = await ready(given);
    await given.rig.git(['switch', '-q', '--detach']);
    const linked = join(given.rig.folder, 'linked');
    await given.rig.git(['worktree', 'add', '-q', linked, 'main']);
    await given.rig.run('rm', ['-rf', linked]);
    expect(await advance(given, move)).toEqual([advanced(move)]);
  }, { files }));

  const obstacles: readonly [string, (given: LandingRig) => Promise<unknown>, string][] = [
    ['an edited file', (given) => given.rig.write({ 'a.txt': 'my edit\n' }), 'a.txt'],
    ['a staged file', async (given) => { await given.rig.write({ 'a.txt': 'my edit\n' }); await given.rig.git(['add', 'a.txt']); }, 'a.txt'],
    ['a file deleted by hand', (given) => given.rig.write({ 'a.txt': null }), 'a.txt'],
    ['a file that the landing deletes, edited', (given) => given.rig.write({ 'dir/c.txt': 'mine\n' }), 'dir/c.txt'],
    ['an untracked file', (given) => given.rig.write({ 'new.txt': 'mine\n' }), 'new.txt'],
    ['an ignored file', (given) => given.rig.write({ 'sub/deep.env': 'secret\n' }), 'sub/deep.env'],
    ['a file where a folder has to be', (given) => given.rig.write({ sub: 'mine\n' }), 'sub'],
    ['a folder where a file has to be', (given) => given.rig.write({ 'new.txt/mine.txt': 'mine\n' }), 'new.txt'],
    ['a link where a folder has to be', (given) => given.rig.write({ sub: { link: given.rig.home } }), 'sub'],
    ['an edited file that git was told not to look at', async (given) => { await given.rig.git(['update-index', '--assume-unchanged', 'a.txt']); await given.rig.write({ 'a.txt': 'mine\n' }); }, 'a.txt'],
    ['a local file kept by skip-worktree', async (given) => { await given.rig.git(['update-index', '--skip-worktree', 'a.txt']); await given.rig.write({ 'a.txt': 'mine\n' }); }, 'a.txt'],
  ];
  test.each(obstacles)('%s in the way: refused, nothing touched', (_name, obstruct, path) =>
    landingTest(async (given) => {
      const move = await ready(given);
      await given.rig.git(['config', 'merge.autoStash', 'true']);
      await obstruct(given);
      const before = await snapshot(given);
      const failure = failureOf(await advance(given, move));
      expect(failure.code).toBe('target-checkout-dirty');
      expect(failure.message).toContain(path);
      expect(failure.hint).toContain('git -C');
      expect(await snapshot(given)).toBe(before);
    }, { files })());

  test('in the middle of a merge: refused', landingTest(async (given) => {
    const move = await ready(given);
    await given.rig.commitOn('side', 'side', { 'b.txt': 'side\n' });
    await given.rig.git(['merge', '--no-commit', '--no-ff', 'side']);
    expect(failureOf(await advance(given, move)).code).toBe('target-checkout-busy');
  }, { files }));

  test('twice: refused', landingTest(async (given) => {
    const move = await ready(given);
    await given.rig.git(['worktree', 'add', '-q', '--force', join(given.rig.folder, 'second'), 'main']);
    expect(failureOf(await advance(given, move)).code).toBe('target-checkout-twice');
  }, { files }));

  test('sparsely: files outside of the cone stay away', landingTest(async (given) => {
    await given.rig.git(['sparse-checkout', 'set', '--cone', 'sub']);
    const move = await ready(given);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['status', '--porcelain'])).toBe('');
    expect(await stat(join(given.rig.top, 'dir')).catch(() => undefined)).toBeUndefined();
    expect(await readFile(join(given.rig.top, 'sub/deep.env'), 'utf8')).toBe('landed\n');
  }, { files }));

  test('with settings of its own for merges: they do not count', landingTest(async (given) => {
    await given.rig.git(['config', 'branch.main.mergeOptions', '--no-ff --squash']);
    await given.rig.git(['config', 'merge.ff', 'false']);
    const move = await ready(given);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['rev-parse', 'HEAD'])).toBe(move.to);
  }, { files }));
});

async function snapshot(given: LandingRig): Promise<string> {
  const listed = await given.rig.run('sh', ['-c', 'find . -path ./.git -prune -o -print | sort; find . -path ./.git -prune -o -type f -print | sort | xargs cat; git rev-parse main HEAD; git ls-files -s; git stash list']);
  return listed.stdout;
}

describe('killed in the middle of bringing a checkout along', () => {
  async function interrupted(given: LandingRig): Promise<{ from: string; to: string }> {
    const move = await ready(given);
    await markMove(given.repository, { ref: 'refs/heads/main', ...move, path: given.rig.top, gitDir: given.repository.commonDir });
    return move;
  }

  test('before anything was written', landingTest(async (given) => {
    const move = await interrupted(given);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['status', '--porcelain'])).toBe('');
  }, { files }));

  test('some files written, one torn, one removed, the index locked', landingTest(async (given) => {
    const move = await interrupted(given);
    await given.rig.write({ 'a.txt': text(20, { 3: 'changed by A' }).slice(0, 40), 'dir/c.txt': null, 'new.txt': 'new\n', 'sub/deep.env': 'lan' });
    await mkdir(join(given.rig.top, '.git'), { recursive: true });
    await writeFile(join(given.rig.top, '.git/index.lock'), '');
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['status', '--porcelain'])).toBe('');
    expect(await readFile(join(given.rig.top, 'sub/deep.env'), 'utf8')).toBe('landed\n');
  }, { files }));

  test('files and index written, the branch not moved', landingTest(async (given) => {
    const move = await interrupted(given);
    await given.rig.git(['read-tree', '-m', '-u', move.from, move.to]);
    expect(await given.rig.git(['rev-parse', 'main'])).toBe(move.from);
    expect(await advance(given, move)).toEqual([advanced(move)]);
    expect(await given.rig.git(['status', '--porcelain'])).toBe('');
    expect(await given.rig.git(['rev-parse', 'HEAD'])).toBe(move.to);
  }, { files }));

  test('what a person typed since then is not taken for ours', landingTest(async (given) => {
    const move = await interrupted(given);
    await given.rig.write({ 'a.txt': 'typed after the crash\n', 'dir/c.txt': null });
    const failure = failureOf(await advance(given, move));
    expect(failure.message).toContain('a.txt');
    expect(failure.message).not.toContain('dir/c.txt');
    expect(await readFile(join(given.rig.top, 'a.txt'), 'utf8')).toBe('typed after the crash\n');
    expect(await given.rig.git(['rev-parse', 'main'])).toBe(move.from);
  }, { files }));
});

describe('a target on a remote', () => {
  async function withRemote(given: LandingRig): Promise<string> {
    const remote = join(given.rig.folder, 'remote.git');
    await given.rig.git(['clone', '-q', '--bare', given.rig.top, remote]);
    await given.rig.git(['remote', 'add', 'origin', remote]);
    await given.rig.git(['fetch', '-q', 'origin']);
    return remote;
  }
  const remoteMain = (given: LandingRig, remote: string): Promise<string> => given.rig.git(['rev-parse', 'main'], { cwd: remote });

  test('is pushed with a lease', landingTest(async (given) => {
    const remote = await withRemote(given);
    const move = await ready(given);
    expect(await advance(given, move, { target: 'origin/main' })).toEqual([advanced(move), { kind: 'target.pushed', remote: 'origin', commit: move.to }]);
    expect(await remoteMain(given, remote)).toBe(move.to);
    expect(await given.rig.git(['rev-parse', 'origin/main', 'main'])).toBe(`${move.to}\n${move.from}`);
    expect(await advance(given, move, { target: 'origin/main' })).toEqual([advanced(move), { kind: 'target.pushed', remote: 'origin', commit: move.to }]);
  }, { files }));

  async function otherPush(given: LandingRig, remote: string): Promise<string> {
    const clone = join(given.rig.folder, 'clone');
    await given.rig.git(['clone', '-q', remote, clone]);
    const commit = await given.rig.commit('other', { 'o.txt': 'o\n' }, { cwd: clone });
    await given.rig.git(['push', '-q', 'origin', 'HEAD:main'], { cwd: clone });
    return commit;
  }

  test('somebody pushed in between: rebuilt on that, never overwritten', landingTest(async (given) => {
    const remote = await withRemote(given);
    const move = await ready(given);
    const other = await otherPush(given, remote);
    expect(await advance(given, move, { target: 'origin/main' })).toEqual([{ kind: 'target.moved', from: move.from, to: other }]);
    expect(await remoteMain(given, remote)).toBe(other);
    expect(await given.rig.git(['rev-parse', 'origin/main'])).toBe(other);
    const [again] = await given.chain([await given.subject('A')], { onto: other });
    const second = { from: other, to: again?.commit ?? '' };
    expect((await advance(given, second, { target: 'origin/main' }))[0]).toEqual(advanced(second));
    expect(await remoteMain(given, remote)).toBe(second.to);
  }, { files }));

  test('a protected branch: refused with the way out', landingTest(async (given) => {
    const remote = await withRemote(given);
    const hook = join(remote, 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\necho protected branch >&2\nexit 1\n');
    await chmod(hook, 0o755);
    const move = await ready(given);
    const failure = failureOf(await advance(given, move, { target: 'origin/main' }));
    expect(failure.code).toBe('push-rejected');
    expect(failure.hint).toContain('pullRequests');
  }, { files }));

  test('a local target with push: both move; a rejected push moves nothing', landingTest(async (given) => {
    const remote = await withRemote(given);
    await given.rig.git(['branch', '-q', '--set-upstream-to=origin/main', 'main']);
    const move = await ready(given);
    const other = await otherPush(given, remote);
    expect(await advance(given, move, { push: true })).toEqual([{ kind: 'target.moved', from: move.from, to: other }]);
    expect(await given.rig.git(['rev-parse', 'main'])).toBe(move.from);
    const [again] = await given.chain([await given.subject('A')], { onto: other });
    const second = { from: other, to: again?.commit ?? '' };
    expect(await advance(given, second, { push: true })).toEqual([advanced(second), { kind: 'target.pushed', remote: 'origin', commit: second.to }]);
    expect(await remoteMain(given, remote)).toBe(second.to);
    expect(await given.rig.git(['rev-parse', 'main', 'HEAD'])).toBe(`${second.to}\n${second.to}`);
    expect(await given.rig.git(['status', '--porcelain'])).toBe('');
  }, { files }));

  test('an unreachable remote: refused, nothing moved', landingTest(async (given) => {
    await withRemote(given);
    const move = await ready(given);
    await given.rig.git(['remote', 'set-url', 'origin', join(given.rig.folder, 'nowhere')]);
    expect(failureOf(await advance(given, move, { target: 'origin/main' })).code).toBe('push-failed');
  }, { files }));
});
