/** What git's words, and those of the system about it, mean. */
import { failureOfGit, GitError, kindOf, lastLines } from '../../src/git/git-error.js';

test.each([
  ['spawn git EMFILE', 'no-room'],
  ["fatal: could not open 'x': Too many open files", 'no-room'],
  ["fatal: could not open '/r/.git/worktrees/P11/gitdir' for writing: No such file or directory", 'worktree-race'],
  ['error: No space left on device', 'disk-full'],
  ["fatal: Unable to create '/r/.git/index.lock': File exists.", 'lock-held'],
  ['error: could not lock config file .git/config: File exists', 'lock-held'],
  ['fatal: failed to read .git/worktrees/wt3/commondir: Success', 'worktree-race'],
  ["error: could not open '.git/worktrees/wt3/locked' for writing: No such file or directory", 'worktree-race'],
  ['fatal: bad object worktrees/wt3/HEAD', 'worktree-race'],
  [
    "error: cannot lock ref 'refs/heads/x': is at 1111111111111111111111111111111111111111 but expected 2222222222222222222222222222222222222222",
    'ref-moved',
  ],
  ["fatal: cannot lock ref 'refs/heads/x': reference already exists", 'ref-moved'],
  ["fatal: commit: cannot lock ref 'refs/heads/x': unable to resolve reference 'refs/heads/x'", 'ref-moved'],
  ['error: unable to write file x: No space left on device', 'disk-full'],
  ["fatal: detected dubious ownership in repository at '/r'", 'not-trusted'],
  ['Author identity unknown\n\n*** Please tell me who you are.', 'no-identity'],
  ['error: insufficient permission for adding an object to repository database .git/objects\nerror: open: Permission denied', 'denied'],
  ['something new', 'other'],
])('%s', (words, kind) => {
  expect(kindOf(words)).toBe(kind);
});

test('no room for another file or process: the sentence names the limit', () => {
  expect(failureOfGit(new GitError(['diff-tree'], kindOf('spawn git EMFILE'), 128, 'spawn git EMFILE'))?.hint).toMatch(/ulimit -n/);
});

test('a lock that is in the way is named, whatever advice git gives below it', () => {
  const said = "fatal: Unable to create '/r/.git/packed-refs.lock': File exists.\n\nAnother git process seems to be running in this repository, e.g.\nan editor opened by 'git commit'. Please make sure all processes\nare terminated then try again. If it still fails, a git process\nmay have crashed in this repository earlier:\nremove the file manually to continue.\n";
  expect(lastLines(said)).toBe("fatal: Unable to create '/r/.git/packed-refs.lock': File exists.");
});
