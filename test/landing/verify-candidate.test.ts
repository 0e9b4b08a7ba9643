import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { err, ok } from '../../src/base/result.js';
import { verifyCandidate, type VerifyTools } from '../../src/landing/verify-candidate.js';
import { landingTest, type LandingRig } from './landing-rig.js';

const files = { 'a.txt': 'a\n', '.gitignore': 'out\n' };

async function verify(given: LandingRig, command: string, tools: Partial<VerifyTools> = {}, stop = new AbortController().signal): Promise<unknown> {
  const commit = await given.rig.git(['rev-parse', 'main']);
  const path = join(given.rig.folder, 'lane');
  if ((await given.rig.run('test', ['-d', path])).code !== 0) await given.rig.git(['worktree', 'add', '-q', '--detach', path]);
  const events = await verifyCandidate(given.repository, { commit, tree: 't', attempt: 1, key: 'k', command, stop }, {
    worktree: async () => ok({ path }),
    run: async (line, cwd) => {
      const end = spawnSync('sh', ['-c', line], { cwd, env: given.rig.environment, encoding: 'utf8' });
      return { code: end.status ?? undefined, timedOut: false, stopped: false, tail: end.stderr.trim() };
    },
    ...tools,
  });
  return events.map((event) => (event.kind === 'landing.verified' ? [event.result, event.note] : event.kind === 'landing.refused' ? event.failure.code : event.kind));
}

test.each([
  ['green', 'test -f a.txt', [['green', undefined]]],
  ['new and ignored files are no change', 'echo x > out; echo y > report.xml', [['green', undefined]]],
  ['red, with its last words', 'echo broken >&2; exit 1', [['red', 'broken']]],
  ['125 says nothing', 'exit 125', [['inconclusive', undefined]]],
  ['killed by a signal says nothing', 'kill -9 $$', [['inconclusive', undefined]]],
  ['a command that is not there stops the landing', 'no-such-command-here', [['abandoned', expect.stringContaining('not found')], 'verify-cannot-run']],
  ['a changed tracked file is a failure', 'echo formatted > a.txt', [['red', 'the verify command changed tracked files: a.txt']]],
  ['a commit of its own is a failure', 'git commit -q --allow-empty -m x', [['red', 'the verify command moved HEAD of its worktree']]],
])('%s', (_name, command, expected) => landingTest(async (given) => expect(await verify(given, command)).toEqual(expected), { files })());

test('a worktree that cannot be had stops the landing', landingTest(async (given) => {
  const failure = { kind: 'person', code: 'setup-failed', message: 'npm ci failed' } as const;
  expect(await verify(given, 'true', { worktree: async () => err(failure) })).toEqual([['abandoned', undefined], 'setup-failed']);
}, { files }));

test('a timeout says nothing; what was stopped is abandoned', landingTest(async (given) => {
  expect(await verify(given, 'true', { run: async () => ({ code: undefined, timedOut: true, stopped: false, tail: 'step 7' }) })).toEqual([['inconclusive', 'took too long: step 7']]);
  expect(await verify(given, 'true', { run: async () => ({ code: undefined, timedOut: false, stopped: true, tail: '' }) })).toEqual([['abandoned', undefined]]);
  expect(await verify(given, 'true', {}, AbortSignal.abort())).toEqual([['abandoned', undefined]]);
}, { files }));

test('files that git calls changed whatever is done are nobody\'s doing', landingTest(async (given) => {
  // Stored with CRLF, and an attribute that says they are stored with LF: modified from the moment of checkout.
  await given.rig.commit('crlf', { 'w.txt': 'one\r\ntwo\r\n' });
  await given.rig.commit('attribute', { '.gitattributes': 'w.txt text\n' });
  await given.rig.git(['reset', '-q', '--hard']);
  expect(await verify(given, 'true')).toEqual([['green', undefined]]);
}, { files }));
