/** Landing with a git that speaks otherwise: one that answers at once, one that keeps its answers back, one without room, one that merges wrongly. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRepository, type Repository } from '../../src/git/repository.js';
import { MergeSession } from '../../src/landing/merge-session.js';
import { Radar } from '../../src/landing/radar.js';
import { proposePlans } from '../../src/landing/pull-requests.js';
import type { LandingEvent } from '../../src/model/landing-event.js';
import { landingRig, landingTest, text, type LandingRig } from './landing-rig.js';

/** The repository, seen by programs that find `script` first when they look for `name`. */
async function withProgram(given: LandingRig, name: string, script: string, body: (given: LandingRig, repository: Repository) => Promise<void>): Promise<void> {
  const folder = join(given.rig.folder, `bin-${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  const { PATH = '' } = given.rig.environment;
  const opened = await openRepository(given.rig.top, { ...given.rig.environment, PATH: `${folder}:${PATH}` });
  if (!opened.ok) throw new Error(opened.error.message);
  try {
    await body(landingRig(given.rig, opened.value), opened.value);
  } finally {
    opened.value.close();
  }
}

/** Everything that is not of interest goes to the real git. */
const onward = 'PATH=${PATH#*:} exec git "$@"';

async function twoPlans(given: LandingRig): Promise<void> {
  await given.commit('A', { 'a.txt': text(20, { 3: 'A' }) });
  await given.commit('B', { 'b.txt': text(20, { 3: 'B' }) });
  await given.rig.commitOn('main', 'foreign', { 'c.txt': 'C' });
}

const files = { 'a.txt': text(20), 'b.txt': text(20) };
const landed = (events: readonly LandingEvent[]): readonly string[] => events.flatMap((event) => (event.kind === 'landing.prepared' ? event.chain.map((one) => one.tree) : [event.kind]));

test('a git that flushes each answer is believed at once', landingTest(async (given) => {
  await twoPlans(given);
  const subjects = [await given.subject('A'), await given.subject('B')];
  const expected = landed(await given.prepare(subjects));
  await withProgram(given, 'git', `case "$*" in *--version*) echo git version 2.49.0; exit;; esac\nPATH=\${PATH#*:} exec stdbuf -o0 git "$@"`, async (other, repository) => {
    expect(repository.version).toEqual([2, 49]);
    expect(landed(await other.prepare(subjects))).toEqual(expected);
  });
}, { files }));

test('one that keeps its answers back is asked in another way', landingTest(async (given) => {
  await twoPlans(given);
  const [main = '', a = '', b = ''] = await Promise.all(['main', 'plan/A', 'plan/B'].map((ref) => given.rig.git(['rev-parse', ref])));
  await withProgram(given, 'stdbuf', 'shift; exec "$@"', async (_, repository) => {
    const merges = new MergeSession(repository);
    try {
      const both = await Promise.all([merges.merge(main, a), merges.merge(main, b)]);
      for (const [index, merged] of both.entries()) expect(merged).toEqual({ ok: true, value: { tree: await given.rig.git(['merge-tree', '--write-tree', main, [a, b][index] as string]) } });
    } finally {
      merges.close();
    }
  });
}, { files }));

test('without room in memory objects are written where the repository is', landingTest(async (given) => {
  await twoPlans(given);
  await given.commit('B', { 'a.txt': text(20, { 3: 'B' }) });
  const full = `case "$GIT_OBJECT_DIRECTORY:$*" in /dev/shm/*merge*) echo 'error: unable to write file: No space left on device' >&2; exit 128;; esac\n${onward}`;
  await withProgram(given, 'git', full, async (other, repository) => {
    const subjects = [await other.subject('A')];
    expect(landed(await other.prepare(subjects))).toEqual(landed(await given.prepare(subjects)));
    const [target = '', a = '', b = ''] = await Promise.all(['main', 'plan/A', 'plan/B'].map((ref) => given.rig.git(['rev-parse', ref])));
    const { conflicts } = await new Radar(repository).sweep(target, [{ plan: 'A', commit: a }, { plan: 'B', commit: b }]);
    expect(conflicts).toMatchObject([{ plans: ['A', 'B'], files: ['a.txt'] }]);
  });
}, { files }));

test('a merge that takes back what the branch never touched does not land', landingTest(async (given) => {
  await twoPlans(given);
  await given.rig.commitOn('main', 'more', Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`more${index}.txt`, 'M'])));
  const wrong = await given.rig.treeId('plan/A');
  await withProgram(given, 'git', `case "$*" in *merge-tree*) printf '${wrong}\\0'; exit 0;; esac\n${onward}`, async (other) => {
    expect((await other.prepare([await other.subject('A')])).at(-1)).toMatchObject({ kind: 'landing.refused', failure: { code: 'landing-foreign-change', message: expect.stringMatching(/c\.txt, more0\.txt, .* and 2 more$/) } });
  });
}, { files }));

test('a bare repository is where hooks and forges are asked', landingTest(async (given) => {
  const { rig, repository } = given;
  const tree = await rig.git(['mktree'], { input: `100644 blob ${await rig.git(['hash-object', '-w', '--stdin'], { input: 'A\n' })}\ta.txt\n` });
  await rig.git(['branch', 'plan/A', await rig.git(['commit-tree', tree, '-p', 'main', '-m', 'A'])]);
  await rig.git(['init', '-q', '--bare', join(rig.folder, 'forge.git')]);
  await rig.git(['remote', 'set-url', 'origin', join(rig.folder, 'forge.git')]);
  await mkdir(join(rig.top, 'hooks'), { recursive: true });
  await writeFile(join(rig.top, 'hooks', 'commit-msg'), '#!/bin/sh\npwd >> "$1"\n', { mode: 0o755 });
  const subject = await given.subject('A');
  const [candidate] = await given.chain([subject], { hooks: true });
  expect(await rig.git(['log', '-1', '--format=%b', candidate?.commit ?? ''])).toContain(rig.top);
  const asked: string[] = [];
  const events = await proposePlans(repository, 'main', [{ ...subject, tasks: [] }], (_, cwd) => {
    asked.push(cwd);
    return Promise.resolve({ code: 0, stdout: 'https://forge/1\n', stderr: '' });
  });
  expect(events).toMatchObject([{ kind: 'landing.proposed', plan: 'A', url: 'https://forge/1' }]);
  expect([...new Set(asked)]).toEqual([rig.top]);
}, { bare: true }));
