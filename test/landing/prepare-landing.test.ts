import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { advanceTarget } from '../../src/landing/advance-target.js';
import { foreignPaths } from '../../src/landing/path-guard.js';
import { TreeChanges } from '../../src/landing/tree-changes.js';
import type { Candidate, LandingEvent } from '../../src/model/landing-event.js';
import { landingTest, text, type LandingRig } from './landing-rig.js';

const files = { 'a.txt': text(20), 'b.txt': text(20) };

const chainOf = (events: readonly LandingEvent[]): readonly Candidate[] => {
  const last = events.at(-1);
  if (last?.kind !== 'landing.prepared') throw new Error(`not prepared: ${JSON.stringify(events)}`);
  return last.chain;
};

/** Tree of `git merge --no-ff` of branches, one after another, in the main worktree. */
async function plainTree(given: LandingRig, ...branches: string[]): Promise<string> {
  await given.rig.git(['checkout', '-q', '--detach', 'main']);
  for (const branch of branches) await given.rig.git(['merge', '-q', '--no-ff', '-m', 'm', branch]);
  return given.rig.treeId('HEAD');
}

async function land(given: LandingRig, plan: string, strategy: 'merge' | 'squash' | 'rebase', restsOn: readonly string[] = []): Promise<Candidate> {
  const [candidate] = await given.chain([await given.subject(plan, restsOn)], { strategy });
  if (candidate === undefined) throw new Error('no candidate');
  const from = await given.rig.git(['rev-parse', 'main']);
  expect((await advanceTarget(given.repository, { target: 'main', plans: [plan], from, to: candidate.commit, push: false }))[0]?.kind).toBe('target.advanced');
  return candidate;
}

describe('the same trees as git merge in a checkout', () => {
  test('a criss-cross: both sides merged each other', landingTest(async (given) => {
    await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
    await given.rig.commit('main goes on', { 'b.txt': text(20, { 3: 'main' }) });
    const [a, main] = await Promise.all([given.rig.git(['rev-parse', 'plan/A']), given.rig.git(['rev-parse', 'main'])]);
    await given.rig.git(['checkout', '-q', 'plan/A']);
    await given.rig.git(['merge', '-q', '--no-ff', '-m', 'take main', main]);
    await given.rig.commit('more A', { 'a.txt': text(20, { 3: 'A', 9: 'more' }) });
    await given.rig.git(['checkout', '-q', 'main']);
    await given.rig.git(['merge', '-q', '--no-ff', '-m', 'take A', a]);
    await given.rig.commit('more main', { 'b.txt': text(20, { 3: 'main', 9: 'more' }) });
    for (const strategy of ['merge', 'squash', 'rebase'] as const) {
      const [candidate] = await given.chain([await given.subject('A')], { strategy });
      expect(candidate?.tree).toBe(await plainTree(given, 'plan/A'));
    }
  }, { files }));

  test('attributes: union in a folder, a merge driver, and a plan that adds them itself', landingTest(async (given) => {
    await given.rig.git(['config', 'merge.longer.driver', 'test $(wc -c < %B) -gt $(wc -c < %A) && cp %B %A; exit 0']);
    await given.commit('A', { 'log/x.txt': text(5, { 2: 'A' }), 'd.bin': 'A\n', 'late.txt': text(5, { 2: 'A' }), '.gitattributes': '*.bin merge=longer\nlate.txt merge=union\n' });
    await given.commit('B', { 'log/x.txt': text(5, { 2: 'B' }), 'd.bin': 'longer B\n', 'late.txt': text(5, { 2: 'B' }) });
    const chain = await given.chain([await given.subject('A'), await given.subject('B')]);
    expect(chain[1]?.tree).toBe(await plainTree(given, 'plan/A', 'plan/B'));
    expect(await given.rig.fileAt(chain[1]?.commit ?? '', 'd.bin')).toBe('longer B\n');
    expect(await given.rig.fileAt(chain[1]?.commit ?? '', 'late.txt')).toContain('A\nB\n');
  }, { files: { ...files, 'log/x.txt': text(5), 'log/.gitattributes': '*.txt merge=union\n', 'd.bin': 'o\n', 'late.txt': text(5), '.gitattributes': '*.bin merge=longer\n' } }));

  test('a folder renamed in the target, files added to the old one by the plan', landingTest(async (given) => {
    await given.commit('A', { 'old/three.txt': text(9), 'old/one.txt': text(20, { 3: 'A' }) });
    await given.rig.git(['mv', 'old', 'new']);
    await given.rig.git(['commit', '-q', '-m', 'rename']);
    await given.rig.git(['config', 'merge.directoryRenames', 'true']);
    const [candidate] = await given.chain([await given.subject('A')]);
    expect(candidate?.tree).toBe(await plainTree(given, 'plan/A'));
    expect(await given.rig.tree(candidate?.commit)).toContain('new/three.txt');
  }, { files: { ...files, 'old/one.txt': text(20), 'old/two.txt': text(20, { 1: 'two' }) } }));

  test('links, modes, submodule pointers and odd names', landingTest(async (given) => {
    await given.commit('A', { run: { executable: '#!/bin/sh\n' }, link: { link: 'a.txt' }, 'name with "quotes"\tand tab.txt': 'odd\n', 'ünï.txt': 'u\n' });
    const submodule = await given.rig.git(['rev-parse', 'main']);
    await given.rig.git(['update-index', '--add', '--cacheinfo', `160000,${submodule},sub`]);
    await given.rig.git(['commit', '-q', '-m', 'submodule']);
    const [candidate] = await given.chain([await given.subject('A')]);
    expect(candidate?.tree).toBe(await plainTree(given, 'plan/A'));
  }, { files }));
});

describe('stacks', () => {
  async function stack(given: LandingRig): Promise<void> {
    await given.commit('A', { 'a.txt': text(20, { 3: 'A1' }) });
    await given.commit('B', { 'b.txt': text(20, { 3: 'B' }) }, 'plan/A');
    await given.commit('A', { 'a.txt': text(20, { 3: 'A2', 4: 'A2' }) });
  }

  test.each(['squash', 'rebase'] as const)('%s: no false conflict, and B brings its own work only', (strategy) =>
    landingTest(async (given) => {
      await stack(given);
      const chain = await given.chain([await given.subject('A'), await given.subject('B', ['A'])], { strategy });
      expect(await given.rig.git(['diff', '--name-only', chain[0]?.commit ?? '', chain[1]?.commit ?? ''])).toBe('b.txt');
      expect(await given.rig.fileAt(chain[1]?.commit ?? '', 'a.txt')).toBe(text(20, { 3: 'A2', 4: 'A2' }));
    }, { files })());

  test.each(['squash', 'rebase'] as const)('%s: B lands in a later run, others have moved the target in between', (strategy) =>
    landingTest(async (given) => {
      await given.rig.commit('before', { 'c.txt': 'c\n' });
      await stack(given);
      await given.rig.commit('meanwhile', { 'd.txt': 'd\n' });
      const a = await land(given, 'A', strategy);
      expect(await given.rig.git(['log', '-1', '--format=%(trailers:key=Plan-Head,valueonly)', a.commit])).toContain(a.head);
      await given.rig.git(['update-ref', '-d', 'refs/plan-runs/r1/candidates/chain']);
      const after = await given.rig.commit('others', { 'c.txt': 'others\n' });
      const b = await land(given, 'B', strategy, ['A']);
      expect(await given.rig.git(['diff', '--name-only', after, b.commit])).toBe('b.txt');
      // Landed already: nothing changes.
      const again = await given.chain([await given.subject('A'), await given.subject('B', ['A'])], { strategy });
      expect(again.map((one) => one.commit)).toEqual([b.commit, b.commit]);
    }, { files })());
});

describe('messages', () => {
  test('merge: subject, goal, trailers', landingTest(async (given) => {
    await given.commit('A', { 'a.txt': 'A\n' });
    const [candidate] = await given.chain([{ ...(await given.subject('A')), goal: 'The goal.\n\nPlan-Run: forged' }]);
    expect(await given.rig.git(['log', '-1', '--format=%B', candidate?.commit ?? ''])).toBe('Merge plan A: Title of A\n\nThe goal.\n\nPlan-Run: forged\n\nPlan-Run: r1\nPlan: A\n');
    expect(await given.rig.git(['log', '-1', '--format=%(trailers:key=Plan-Run,valueonly)', candidate?.commit ?? ''])).toBe('r1\n');
  }, { files }));

  test('squash: author of most commits, the others as co-authors, a template', landingTest(async (given) => {
    const by = async (name: string, line: number, extra = ''): Promise<void> => {
      await given.rig.git(['checkout', '-q', '-B', 'plan/A', line === 1 ? 'main' : 'plan/A']);
      await given.rig.write({ 'a.txt': text(20, { [line]: name }) });
      await given.rig.git(['commit', '-q', '-a', `--author=${name} <${name.toLowerCase()}@x.org>`, '-m', `step ${line}${extra}`]);
    };
    await by('Ann', 1);
    await by('Ben', 2, '\n\nCo-authored-by: Cy <cy@x.org>');
    await by('Ann', 3);
    await given.rig.git(['checkout', '-q', 'main']);
    const [candidate] = await given.chain([await given.subject('A')], { strategy: 'squash', message: 'feat({plan}): {title} {unknown}\n\n{commits}' });
    expect(await given.rig.git(['log', '-1', '--format=%an <%ae>%n%B', candidate?.commit ?? ''])).toBe(
      `Ann <ann@x.org>\nfeat(A): Title of A {unknown}\n\n* step 1\n* step 2\n* step 3\n\nPlan-Run: r1\nPlan: A\nCo-authored-by: Ben <ben@x.org>\nCo-authored-by: Cy <cy@x.org>\nPlan-Head: ${candidate?.head}\n`,
    );
  }, { files }));

  test('the commit-msg hook is asked, also from a relative hooks path; it may change or refuse', landingTest(async (given) => {
    await given.commit('A', { 'a.txt': 'A\n' });
    await given.rig.git(['config', 'core.hooksPath', 'hooks']);
    await given.rig.write({ 'hooks/commit-msg': { executable: '#!/bin/sh\ngrep -q forbidden "$1" && { echo no such words >&2; exit 1; }\necho "Checked: yes" >> "$1"\n' } });
    // No process has such a number: whoever wrote it was killed.
    const left = join(given.rig.top, '.git', 'plan', 'tmp', 'message-4294967295-0');
    await given.rig.write({ '.git/plan/tmp/message-4294967295-0': 'left', '.git/plan/tmp/message-1-0': 'of a living one' });
    const [candidate] = await given.chain([await given.subject('A')], { hooks: true });
    expect([existsSync(left), existsSync(left.replace('4294967295', '1'))]).toEqual([false, true]);
    expect(await given.rig.git(['log', '-1', '--format=%(trailers:key=Checked,valueonly)', candidate?.commit ?? ''])).toBe('yes\n');
    const refused = await given.prepare([await given.subject('A')], { hooks: true, message: 'forbidden' });
    expect(refused).toMatchObject([{ kind: 'landing.refused', failure: { code: 'landing-message-refused', message: expect.stringContaining('no such words') } }]);
    expect(chainOf(await given.prepare([await given.subject('A')], { hooks: false, message: 'forbidden' }))).toHaveLength(1);
  }, { files }));

  test('commits are signed when the user signs', landingTest(async (given) => {
    const program = join(given.rig.folder, 'gpg');
    await writeFile(program, '#!/bin/sh\ncat > /dev/null\nprintf "\\n[GNUPG:] SIG_CREATED D 1 8 00 1 X\\n" >&2\nprintf -- "-----BEGIN PGP SIGNATURE-----\\n\\nfake\\n-----END PGP SIGNATURE-----\\n"\n');
    await chmod(program, 0o755);
    await given.commit('A', { 'a.txt': 'A\n' });
    await given.rig.git(['config', 'commit.gpgSign', 'true']);
    await given.rig.git(['config', 'gpg.program', program]);
    const [candidate] = await given.chain([await given.subject('A')]);
    expect(await given.rig.git(['cat-file', 'commit', candidate?.commit ?? ''])).toContain('gpgsig -----BEGIN PGP SIGNATURE-----');
  }, { files }));
});

describe('chains', () => {
  test('nothing of anybody moves; the chain survives a clean-up; nothing is left behind', landingTest(async (given) => {
    await given.commit('A', { 'a.txt': 'A\n' });
    await given.commit('B', { 'b.txt': 'B\n' });
    const before = await given.rig.refs('refs/heads');
    const chain = await given.chain([await given.subject('A'), await given.subject('B')], { strategy: 'squash' });
    expect(await given.rig.refs('refs/heads')).toBe(before);
    expect(await given.rig.git(['status', '--porcelain'])).toBe('');
    await given.rig.git(['gc', '-q', '--prune=now']);
    for (const candidate of chain) expect(await given.rig.resolve(candidate.commit)).toBe(candidate.commit);
    expect(await given.rig.git(['fsck', '--no-dangling'])).toBe('');
  }, { files }));

  test('goes on after what stands already, with the very same candidates', landingTest(async (given) => {
    await given.commit('A', { 'a.txt': 'A\n' });
    await given.commit('B', { 'b.txt': 'B\n' });
    for (const strategy of ['merge', 'squash', 'rebase'] as const) {
      const keep = await given.chain([await given.subject('A')], { strategy });
      const chain = await given.chain([await given.subject('A'), await given.subject('B')], { strategy, keep });
      expect(chain[0]).toEqual(keep[0]);
      expect(await given.rig.git(['merge-base', '--is-ancestor', keep[0]?.commit ?? '', chain[1]?.commit ?? ''])).toBe('');
    }
  }, { files }));

  test('skip: leaves out what does not merge and what rests on it', landingTest(async (given) => {
    await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
    await given.commit('B', { 'a.txt': text(20, { 3: 'B' }) });
    await given.commit('C', { 'c.txt': 'c\n' }, 'plan/B');
    await given.commit('D', { 'd.txt': 'd\n' });
    const events = await given.prepare([await given.subject('A'), await given.subject('B'), await given.subject('C', ['B']), await given.subject('D')], { skipConflicts: true });
    expect(events[0]).toMatchObject({ kind: 'landing.conflicted', plan: 'B', with: 'A', files: ['a.txt'] });
    expect(chainOf(events).map((one) => one.plan)).toEqual(['A', 'D']);
  }, { files }));

  test('ff-only: a branch that does not contain what stands before it is a conflict', landingTest(async (given) => {
    await given.commit('A', { 'a.txt': 'A\n' });
    await given.commit('B', { 'b.txt': 'B\n' }, 'plan/A');
    await given.commit('C', { 'c.txt': 'c\n' });
    const events = await given.prepare([await given.subject('A'), await given.subject('B', ['A']), await given.subject('C')], { strategy: 'ff-only' });
    expect(events[0]).toMatchObject({ kind: 'landing.conflicted', plan: 'C', files: [] });
    expect(chainOf(events).map((one) => one.commit)).toEqual(chainOf(events).map((one) => one.head));
  }, { files }));

  test('a plan without work of its own changes nothing; a lost commit is refused', landingTest(async (given) => {
    await given.rig.git(['branch', 'plan/A', 'main']);
    const onto = await given.rig.git(['rev-parse', 'main']);
    for (const strategy of ['merge', 'squash', 'rebase', 'ff-only'] as const) expect((await given.chain([await given.subject('A')], { strategy }))[0]?.commit).toBe(onto);
    const gone = { ...(await given.subject('A')), head: '1'.repeat(40) };
    expect(await given.prepare([gone])).toMatchObject([{ kind: 'landing.refused', failure: { code: 'landing-head-gone' } }]);
  }, { files }));

  test('a shallow clone lands too', landingTest(async (given) => {
    for (const step of [1, 2, 3]) await given.rig.commit(`step ${step}`, { 'b.txt': text(20, { [step]: 'x' }) });
    await given.commit('A', { 'a.txt': 'A\n' });
    await writeFile(join(given.rig.top, '.git/shallow'), `${await given.rig.git(['rev-parse', 'main~1'])}\n`);
    expect(await given.chain([await given.subject('A')])).toHaveLength(1);
  }, { files }));
});

test('the guard tells what a step may change from what it may not', landingTest(async (given) => {
  const changes = new TreeChanges(given.repository);
  const tree = async (parts: Record<string, string | null>): Promise<string> => given.rig.treeId(await given.rig.commitOn(`t${Math.abs(JSON.stringify(parts).length)}-${Object.keys(parts).join('-').replace(/[^\w-]/g, '')}`, 't', parts));
  const base = await given.rig.treeId('main');
  const head = await tree({ 'a.txt': 'branch\n' });
  const before = await tree({ 'b.txt': 'others\n' });
  const good = await tree({ 'b.txt': 'others\n', 'a.txt': 'branch\n' });
  // The wrong base takes back what others did to b.txt.
  expect(await foreignPaths(changes, { before, after: good, bases: [base], head })).toEqual([]);
  expect(await foreignPaths(changes, { before, after: head, bases: [base], head })).toEqual(['b.txt']);
  const renamed = await tree({ 'a.txt': null, 'moved.txt': text(20) });
  const carried = await tree({ 'a.txt': null, 'moved.txt': 'branch\n' });
  expect(await foreignPaths(changes, { before: renamed, after: carried, bases: [base], head })).toEqual([]);
  changes.close();
}, { files }));
