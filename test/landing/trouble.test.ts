/** Landing where something is in the way, or not as one expects: remotes, targets by other names, undo that cannot be, words of strangers. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRepository } from '../../src/git/repository.js';
import { advanceTarget } from '../../src/landing/advance-target.js';
import { landingDiff, landingPatch } from '../../src/landing/diff.js';
import { authorship, landingMessage, subjectOf, withTrailer } from '../../src/landing/landing-message.js';
import { proposePlans, requestBody, type Proposal, type RunProgram } from '../../src/landing/pull-requests.js';
import { findTarget, upstreamOf } from '../../src/landing/target-ref.js';
import { undoLanding } from '../../src/landing/undo.js';
import type { Commit } from '../../src/git/objects.js';
import type { RepositoryRig } from '../rig/repository.js';
import { landingTest, text, type LandingRig } from './landing-rig.js';

async function addRemote(rig: RepositoryRig, name = 'origin'): Promise<string> {
  const remote = join(rig.folder, `${name}.git`);
  await rig.git(['init', '-q', '--bare', remote]);
  await rig.git(['remote', 'add', name, remote]);
  await rig.git(['push', '-q', name, 'main']);
  return remote;
}

async function hook(rig: RepositoryRig, folder: string, name: string, script: string): Promise<void> {
  await mkdir(join(folder, 'hooks'), { recursive: true });
  await writeFile(join(folder, 'hooks', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'hooks', name), 0o755);
}

const codeOf = (answer: { readonly ok: boolean; readonly error?: { readonly code: string } }): string => (answer.ok ? 'ok' : (answer.error?.code ?? '?'));

describe('a target', () => {
  test('is known by each of its names, and pushed to the remote that can only be meant', landingTest(async ({ rig, repository }) => {
    expect(await findTarget(repository, 'nobody')).toBeUndefined();
    await rig.git(['tag', 'v1']);
    expect(await findTarget(repository, 'refs/tags/v1')).toBeUndefined();
    await rig.git(['symbolic-ref', 'refs/heads/trunk', 'refs/heads/main']);
    expect(await findTarget(repository, 'trunk')).toMatchObject({ kind: 'local', ref: 'refs/heads/main', short: 'main' });
    const local = await findTarget(repository, 'refs/heads/main');
    if (local?.kind !== 'local') throw new Error('not local');
    expect(await upstreamOf(repository, local)).toBeUndefined();
    await addRemote(rig, 'elsewhere');
    expect(await upstreamOf(repository, local)).toEqual({ remote: 'elsewhere', ref: 'refs/heads/main', tracking: 'refs/remotes/elsewhere/main' });
    await addRemote(rig, 'elsewhere/deep');
    expect(await upstreamOf(repository, local)).toBeUndefined();
    expect(await findTarget(repository, 'elsewhere/deep/main')).toMatchObject({ kind: 'remote', branch: { remote: 'elsewhere/deep', ref: 'refs/heads/main' } });
    await rig.git(['update-ref', 'refs/remotes/gone/main', 'main']);
    expect(await findTarget(repository, 'gone/main')).toBeUndefined();
    await addRemote(rig);
    expect(await upstreamOf(repository, local)).toMatchObject({ remote: 'origin' });
    await rig.git(['branch', '-q', '--set-upstream-to', 'elsewhere/main', 'main']);
    expect(await upstreamOf(repository, local)).toMatchObject({ remote: 'elsewhere', tracking: 'refs/remotes/elsewhere/main' });
  }));
});

describe('a landing that is pushed first', () => {
  const move = async (given: LandingRig, plan: string): Promise<{ plans: string[]; from: string; to: string }> => {
    await given.commit(plan, { [`${plan}.txt`]: plan });
    const [candidate] = await given.chain([await given.subject(plan)]);
    return { plans: [plan], from: await given.rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
  };
  const push = async (given: LandingRig, wanted: { plans: string[]; from: string; to: string }): Promise<string> => {
    const events = await advanceTarget(given.repository, { target: 'main', push: true, ...wanted });
    return events.map((event) => (event.kind === 'landing.refused' ? event.failure.code : event.kind)).join(' ');
  };

  test('needs a remote, its leave, and a target that has not gone another way', landingTest(async (given) => {
    const { rig } = given;
    await rig.git(['switch', '-q', '--detach']);
    const first = await move(given, 'A');
    expect(await push(given, first)).toBe('target-no-upstream');
    const remote = await addRemote(rig);
    await hook(rig, remote, 'pre-receive', 'echo protected >&2; exit 1');
    expect(await push(given, first)).toBe('push-rejected');
    await rig.run('rm', [join(remote, 'hooks', 'pre-receive')]);
    expect(await push(given, first)).toBe('target.advanced target.pushed');
    expect(await push(given, first)).toBe('target.advanced target.pushed');
    // The remote was rebuilt elsewhere, and we know of it.
    const second = await move(given, 'B');
    const tip = await rig.git(['rev-parse', 'main']);
    const other = await rig.git(['commit-tree', `${tip}^{tree}`, '-m', 'another root']);
    await rig.git(['push', '-q', '--force', 'origin', `${other}:refs/heads/main`]);
    await rig.git(['fetch', '-q', 'origin']);
    expect(await push(given, second)).toBe('target-diverged');
    // The remote is ahead of us.
    const ahead = await rig.git(['commit-tree', `${tip}^{tree}`, '-p', tip, '-m', 'ahead']);
    await rig.git(['push', '-q', '--force', 'origin', `${ahead}:refs/heads/main`]);
    await rig.git(['fetch', '-q', 'origin']);
    expect(await push(given, second)).toBe('target.moved');
    await rig.git(['update-ref', '-d', 'refs/heads/main'], { cwd: remote });
    expect(await push(given, second)).not.toMatch(/advanced/);
    await rig.git(['update-ref', '-d', 'refs/heads/main']);
    expect(await push(given, second)).toBe('target-gone');
  }));
});

describe('an undo', () => {
  const undo = (given: LandingRig, advance: { plans: string[]; from: string; to: string }, push = false): ReturnType<typeof undoLanding> =>
    undoLanding(given.repository, { run: 'r1', target: 'main', advances: [advance], push });
  const land = async (given: LandingRig): Promise<{ plans: string[]; from: string; to: string }> => {
    await given.commit('A', { 'a.txt': 'A' });
    const [candidate] = await given.chain([await given.subject('A')], { strategy: 'squash' });
    const advance = { plans: ['A'], from: await given.rig.git(['rev-parse', 'main']), to: candidate?.commit ?? '' };
    await advanceTarget(given.repository, { target: 'main', push: false, ...advance });
    return advance;
  };

  test('says why it cannot be, and touches nothing', landingTest(async (given) => {
    const { rig } = given;
    const advance = await land(given);
    await rig.git(['worktree', 'add', '-q', '--force', join(rig.folder, 'second'), 'main']);
    expect(codeOf(await undo(given, advance))).toBe('target-checkout-busy');
    await rig.git(['worktree', 'remove', '--force', join(rig.folder, 'second')]);
    await rig.git(['switch', '-q', '--detach']);
    await hook(rig, join(rig.top, '.git'), 'reference-transaction', '[ "$1" != prepared ] || ! grep -q refs/heads/main');
    expect(codeOf(await undo(given, advance))).toBe('target-move-refused');
    await rig.run('rm', [join(rig.top, '.git', 'hooks', 'reference-transaction')]);
    expect(await rig.git(['rev-parse', 'main'])).toBe(advance.to);
    expect(codeOf(await undo(given, advance))).toBe('ok');
    expect(await rig.git(['rev-parse', 'main'])).toBe(advance.from);
  }));

  test('of what is not there any more, or was changed since by others, is for a person', landingTest(async (given) => {
    const { rig } = given;
    const advance = await land(given);
    await rig.git(['switch', '-q', '--detach']);
    await rig.commitOn('main', 'other', { 'a.txt': 'other' });
    const conflict = await undo(given, advance);
    expect(conflict).toMatchObject({ ok: false, error: { code: 'undo-conflict', hint: expect.not.stringContaining('-m 1') } });
    await rig.commitOn('main', 'and back', { 'a.txt': 'A' });
    expect(codeOf(await undo(given, advance, true))).toBe('target-no-upstream');
    const elsewhere = await rig.git(['commit-tree', `${advance.from}^{tree}`, '-m', 'elsewhere']);
    await rig.git(['update-ref', 'refs/heads/main', elsewhere]);
    expect(codeOf(await undo(given, advance))).toBe('undo-not-there');
    await rig.git(['update-ref', '-d', 'refs/heads/main']);
    expect(codeOf(await undo(given, advance))).toBe('target-gone');
  }));
});

describe('pull requests', () => {
  const said = (code: number | undefined, stdout = '', stderr = ''): { code: number | undefined; stdout: string; stderr: string } => ({ code, stdout, stderr });
  const forge = (tool: 'gh' | 'glab' | undefined, answers: Readonly<Record<string, ReturnType<typeof said>>>): RunProgram => (argv) => {
    if (argv[0] !== tool) return Promise.resolve(said(undefined));
    if (argv[1] === 'repo') return Promise.resolve(said(0));
    return Promise.resolve(answers[argv[2] ?? ''] ?? said(1));
  };

  test('are opened by the tool that knows the forge; what is refused ends it', landingTest(async (given) => {
    const { rig, repository } = given;
    await given.commit('A', { 'a.txt': 'A' });
    const proposal: Proposal = { ...(await given.subject('A')), title: 'Auth\nand more', goal: '', tasks: [] };
    const propose = async (run: RunProgram, target = 'main'): Promise<string> => {
      const events = await proposePlans(repository, target, [proposal], run);
      return events.map((event) => (event.kind === 'landing.refused' ? event.failure.code : event.kind === 'landing.proposed' ? `at ${event.url}` : event.kind)).join(' ');
    };
    expect(await propose(forge('gh', {}))).toBe('target-no-upstream');
    expect(await propose(forge('gh', {}), 'nobody')).toBe('target-no-upstream');
    const remote = await addRemote(rig);
    await rig.git(['fetch', '-q', 'origin']);
    expect(await propose(forge(undefined, {}))).toBe('at ');
    expect(await propose(forge('gh', { view: said(0, 'https://forge/1\n') }), 'origin/main')).toBe('at https://forge/1');
    expect(await propose(forge('gh', { view: said(1), create: said(0, 'Creating…\nhttps://forge/2\n') }))).toBe('at https://forge/2');
    expect(await propose(forge('gh', { view: said(0, ''), create: said(0) }))).toBe('at ');
    expect(await propose(forge('glab', { view: said(0, '{"web_url":"https://forge/3"}') }))).toBe('at https://forge/3');
    expect(await propose(forge('glab', { create: said(1, '', 'no rights') }))).toBe('pull-request-refused');
    // The branch there holds other work.
    await rig.git(['push', '-q', '--force', 'origin', 'main:refs/heads/plan/A']);
    const other = await rig.git(['commit-tree', 'main^{tree}', '-m', 'theirs']);
    await rig.git(['push', '-q', '--force', 'origin', `${other}:refs/heads/plan/A`]);
    expect(await propose(forge('gh', {}))).toBe('push-rejected');
    await rig.run('rm', ['-r', remote]);
    expect(await propose(forge('gh', {}))).toBe('push-failed');
  }));

  test('say what has to be merged first', () => {
    const proposal: Proposal = { plan: 'B', head: '', branch: 'plan/B', title: '', goal: 'Better.', tasks: ['one', 'two\nlines'], restsOn: ['A'] };
    expect(requestBody(proposal)).toBe('Better.\n\n### Tasks\n\n- [x] one\n- [x] two lines\n\nMerge first: plan A.\n\nPlan B, branch plan/B.');
    expect(requestBody({ ...proposal, goal: ' ', tasks: [], restsOn: [] })).toBe('Plan B, branch plan/B.');
  });
});

describe('words of landing commits', () => {
  const by = (author: string, message = ''): Commit => ({ id: '', tree: '', parents: [], author, committer: '', message });
  const facts = { run: 'r1', plan: 'A', title: 'Auth {plan}', goal: '', branch: 'plan/A', target: 'main', subjects: ['one'] };

  test.each([
    ['{plan} into {target} {nothing}', 'A into main {nothing}\n\nPlan-Run: r1\nPlan: A\n'],
    ['{title}\n\n\n\n{commits}', 'Auth {plan}\n\n* one\n\nPlan-Run: r1\nPlan: A\n'],
    ['{constructor}', '{constructor}\n\nPlan-Run: r1\nPlan: A\n'],
  ])('%j', (template, expected) => {
    expect(landingMessage('merge', template, facts, [])).toBe(expected);
  });

  test('authors are those who can be told', () => {
    expect(authorship([by('nobody at all')])).toEqual({ coAuthors: [] });
    const commits = [by('Ann <ann@x> 1 +0000'), by('nobody'), by('Bob <bob@x> 2 +0000', 'subject\n\nCo-authored-by: Cid <CID@x>\n'), by('ann <ANN@x> 3 +0000')];
    expect(authorship(commits)).toEqual({ author: 'ann <ANN@x> 3 +0000', coAuthors: [['Co-authored-by', 'Bob <bob@x>'], ['Co-authored-by', 'Cid <CID@x>']] });
  });

  test.each([
    ['subject', 'subject\n\nKey: v\n'],
    ['subject\n\nbody text', 'subject\n\nbody text\n\nKey: v\n'],
    ['subject\n\nbody\n\nOther: x\n continued', 'subject\n\nbody\n\nOther: x\n continued\nKey: v\n'],
  ])('a trailer goes below those of %j', (message, expected) => {
    expect(withTrailer(message, ['Key', 'v'])).toBe(expected);
    expect(subjectOf(message)).toBe('subject');
  });
});

describe('what would land', () => {
  test('is told with renames, binary files, names that differ by case, and as a patch as long as that is short', landingTest(async (given) => {
    const { rig, repository } = given;
    await given.commit('A', { 'README.md': null, 'readme.txt': text(30), 'Docs/Read': 'one\n', 'bytes.bin': new Uint8Array([0, 1, 2]) });
    await given.commit('A', { 'readme.txt': null, 'moved.txt': text(30), 'docs/read': 'two\n' });
    const head = await rig.git(['rev-parse', 'plan/A']);
    const onto = await rig.git(['rev-parse', 'main']);
    const before = await rig.git(['rev-parse', 'plan/A~1']);
    const chain = [{ plan: 'A', head: before, commit: before, tree: '', resolved: 'ours' as const }, { plan: 'B', head, commit: head, tree: '' }, { plan: 'C', head, commit: head, tree: '' }];
    const diff = await landingDiff(repository, onto, chain);
    expect(diff.plans.map(({ plan, files, resolved }) => [plan, files.length, resolved])).toEqual([['A', 4, 'ours'], ['B', 2, undefined], ['C', 0, undefined]]);
    expect(diff.plans[1]?.files).toContainEqual({ path: 'moved.txt', from: 'readme.txt', added: 0, removed: 0 });
    expect(diff.all.files).toContainEqual({ path: 'bytes.bin', added: undefined, removed: undefined });
    expect(diff.caseClashes).toContainEqual(['Docs/Read', 'docs/read']);
    expect((await landingDiff(repository, onto, [])).all.files).toEqual([]);
    expect(await landingPatch(repository, onto, head, { color: true, limit: 1 << 20 })).toContain('\u001b[');
    expect(await landingPatch(repository, onto, head, { color: false, limit: 10 })).toBeUndefined();
    await expect(landingPatch(repository, onto, 'nothing', { color: false, limit: 10_000 })).rejects.toThrow();
  }));
});

describe('a branch whose commits are as strangers make them', () => {
  test.each(['rebase', 'squash', 'merge'] as const)('%s: other encodings, no name, no message, an empty commit', (strategy) =>
    landingTest(async (given) => {
      const { rig } = given;
      const start = await rig.git(['rev-parse', 'main']);
      await given.commit('A', { 'a.txt': 'A' });
      const tree = async (files: Readonly<Record<string, string>>): Promise<string> => rig.git(['rev-parse', `${await rig.commitOn('scratch', 'x', files, 'plan/A')}^{tree}`]);
      const write = (words: string, treeId: string, parents: readonly string[], extra = ''): Promise<string> =>
        rig.git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input: `tree ${treeId}\n${parents.map((parent) => `parent ${parent}\n`).join('')}author  <> 1700000000 +0000\ncommitter C <c@x> 1700000000 +0000\n${extra}\n${words}` });
      const one = await write('', await tree({ 'b.txt': 'B' }), [await rig.git(['rev-parse', 'plan/A'])]);
      const two = await write('caf\u00e9\n', await rig.git(['rev-parse', `${one}^{tree}`]), [one], 'encoding martian-9\n');
      await rig.git(['update-ref', 'refs/heads/plan/A', two]);
      await rig.commitOn('main', 'foreign', { 'c.txt': 'C' });
      const chain = await given.chain([await given.subject('A')], { strategy, message: '{plan}: {commits}' });
      const landed = chain[0]?.commit ?? '';
      expect([await rig.fileAt(landed, 'a.txt'), await rig.fileAt(landed, 'b.txt'), await rig.fileAt(landed, 'c.txt')]).toEqual(['A', 'B', 'C']);
      expect(await rig.tryGit(['merge-base', '--is-ancestor', start, landed])).toMatchObject({ code: 0 });
    })());

  test.each(['rebase', 'squash'] as const)('%s: a branch that merged the target settles nothing twice, and what is there already changes nothing', (strategy) =>
    landingTest(async (given) => {
      const { rig } = given;
      await given.commit('A', { 'a.txt': 'A' });
      const ours = await rig.git(['rev-parse', 'plan/A']);
      const main = await rig.commitOn('main', 'foreign', { 'c.txt': 'C' });
      const merged = await rig.git(['merge-tree', '--write-tree', ours, main]);
      const tip = await rig.git(['commit-tree', merged, '-p', ours, '-p', main, '-m', 'Merge main into plan/A\n\nPlan-Run: r1\nPlan-Id: A']);
      await rig.git(['update-ref', 'refs/heads/plan/A', tip]);
      await rig.commitOn('main', 'foreign again', { 'd.txt': 'D' });
      const [candidate] = await given.chain([await given.subject('A')], { strategy });
      const landed = candidate?.commit ?? '';
      expect([await rig.fileAt(landed, 'a.txt'), await rig.fileAt(landed, 'd.txt')]).toEqual(['A', 'D']);
      expect(await rig.git(['rev-list', '--count', '--min-parents=2', `main..${landed}`])).toBe('0');
      // A plan whose change somebody else has made on the target.
      await given.commit('B', { 'e.txt': 'E' }, 'main');
      await rig.commitOn('main', 'the same', { 'e.txt': 'E' });
      const again = await given.chain([await given.subject('B')], { strategy });
      expect(again[0]?.commit).toBe(await rig.git(['rev-parse', 'main']));
    })());
});

test('a repository that is opened below its top is the same one', landingTest(async ({ rig }) => {
  await mkdir(join(rig.top, 'deep'));
  const opened = await openRepository(join(rig.top, 'deep'), rig.environment);
  expect(opened.ok && (await findTarget(opened.value, 'main'))).toMatchObject({ kind: 'local' });
  if (opened.ok) opened.value.close();
}));
