/** What git's words, and those of the system about it, mean. */
import { failureOfGit, GitError, kindOf } from '../../src/git/git-error.js';

test.each([
  ['spawn git EMFILE', 'no-room'],
  ["fatal: could not open 'x': Too many open files", 'no-room'],
  ["fatal: could not open '/r/.git/worktrees/P11/gitdir' for writing: No such file or directory", 'worktree-race'],
  ["fatal: Unable to create '/r/.git/index.lock': File exists.", 'lock-held'],
  ['error: No space left on device', 'disk-full'],
  ['something new', 'other'],
])('%s', (words, kind) => {
  expect(kindOf(words)).toBe(kind);
});

test('no room for another file or process: the sentence names the limit', () => {
  expect(failureOfGit(new GitError(['diff-tree'], kindOf('spawn git EMFILE'), 128, 'spawn git EMFILE'))?.hint).toMatch(/ulimit -n/);
});
