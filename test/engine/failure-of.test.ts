/** Whatever git or the system refuses comes with what a person can do. */
import { failureOf } from '../../src/engine/failure-of.js';
import { GitError, kindOf } from '../../src/git/git-error.js';

test.each([
  "fatal: sha1 file '/r/.git/worktrees/A/index.lock' write error. Out of diskspace",
  "fatal: cannot update ref 'refs/heads/a': couldn't write '/r/.git/refs/heads/a.lock'",
  'fatal: write error: No space left on device',
])('a write of git that fell short: %s', (stderr) => {
  expect(failureOf(new GitError(['reset'], kindOf(stderr), 128, stderr))?.hint).toMatch(/again/);
});

test('a code of the system has its hint, and what is neither is a mistake of ours', () => {
  expect(failureOf(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))).toMatchObject({ code: 'system-enospc', hint: expect.stringContaining('make room') });
  expect(failureOf(new Error('odd'))).toBeUndefined();
});
