/** How git says no: recognised from its words (LC_ALL=C) where its exit code does not tell. */

import type { Failure } from '../model/failure.js';

/** What went wrong with a git command, as far as it can be told apart. */
export type GitErrorKind =
  /** A lock file or ref lock of another git stands in the way; trying again may help. */
  | 'lock-held'
  /** Another worktree of the repository is just being made or removed; trying again helps. */
  | 'worktree-race'
  /** The ref has another value than the one it was to be moved from. */
  | 'ref-moved'
  /** A ref or object that was named does not exist. */
  | 'no-such-ref'
  | 'not-a-repository'
  /** The repository belongs to another user and git does not trust it. */
  | 'not-trusted'
  | 'no-identity'
  | 'disk-full'
  | 'denied'
  /** git itself could not be started. */
  | 'no-git'
  /** The system has no file handles, processes or memory left for it. */
  | 'no-room'
  /** It printed more than we take. */
  | 'too-much-output'
  | 'timeout'
  /** It was ended by our abort or by a signal. */
  | 'killed'
  | 'other';

/** Thrown where git failed for a reason that belongs to no plan: a full disk, a damaged repository, a missing git. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly kind: GitErrorKind;
  /** Exit code; 128 and more by signal or where it never ran. */
  readonly code: number;
  readonly stderr: string;

  constructor(args: readonly string[], kind: GitErrorKind, code: number, stderr: string) {
    super(`git ${commandOf(args)} failed (${kind}, ${code}): ${lastLines(stderr)}`);
    this.kind = kind;
    this.code = code;
    this.stderr = stderr;
  }
}

/** Thrown where a deed is possible and must not be done: its failure says why and what a person can do. */
export class DeedRefused extends Error {
  override readonly name = 'DeedRefused';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

const hints: Partial<Record<GitErrorKind, string>> = {
  'disk-full': 'Free some space, then start again: it goes on from here.',
  'lock-held': 'If no git is running there, remove the lock file that git names, then start again.',
  'no-identity': 'git config --global user.name "…" && git config --global user.email "…"',
  'not-a-repository': 'Start again: a worktree of ours that is damaged is moved aside, whole, and made anew.',
  'not-trusted': 'git config --global --add safe.directory <folder>',
  'no-git': 'Install git 2.39 or newer.',
  'no-room': 'Raise the limit (`ulimit -n` for open files, `ulimit -u` for processes) or lower limits.tasks, then start again.',
  denied: 'Mend the permissions, then start again.',
  killed: 'It was ended from outside (the system may have run out of memory). Start again: it goes on from here.',
};

/** The sentence for what git or a person's repository refused; undefined for everything that is a bug of ours. */
export function failureOfGit(error: unknown): Failure | undefined {
  if (error instanceof DeedRefused) return error.failure;
  if (!(error instanceof GitError)) return undefined;
  const hint = hints[error.kind];
  return { kind: 'person', code: `git-${error.kind}`, message: error.message, ...(hint === undefined ? {} : { hint }) };
}

const patterns: readonly (readonly [RegExp, GitErrorKind])[] = [
  [/No space left on device|Disk quota exceeded|disk I\/O error/i, 'disk-full'],
  [/is at [0-9a-f]+ but expected|but expected [0-9a-f]+|reference already exists|unable to resolve reference '[^']*'$/m, 'ref-moved'],
  [/\.lock': File exists|could not lock config file|Unable to create '[^']*\.lock'|Another git process seems to be running/, 'lock-held'],
  [
    /failed to read .*commondir|could not (?:open|create)[^']*'[^']*\/worktrees\/[^']*'.*No such file|bad object worktrees\/|unable to create temporary file: No such file/,
    'worktree-race',
  ],
  [/\b(?:EMFILE|ENFILE)\b|Too many open files|spawn git (?:EAGAIN|ENOMEM)/, 'no-room'],
  [/detected dubious ownership/, 'not-trusted'],
  [/not a git repository/, 'not-a-repository'],
  [/Please tell me who you are|empty ident name|unable to auto-detect email address|no email was given/, 'no-identity'],
  [/Permission denied|Read-only file system|Operation not permitted/, 'denied'],
  [
    /Needed a single revision|unknown revision|bad revision|not a valid object name|Not a valid commit name|no such ref|bad object|ambiguous argument/i,
    'no-such-ref',
  ],
];

/** Tells what git's words mean; `other` for everything that is not known. */
export function kindOf(stderr: string): GitErrorKind {
  return patterns.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other';
}

/** True for failures that go away by themselves within a second. */
export function isTransient(kind: GitErrorKind): boolean {
  return kind === 'lock-held' || kind === 'worktree-race';
}

/** The last lines of git's words, bounded: for one-line notes to people. */
export function lastLines(stderr: string, count = 3): string {
  // Below the name of a lock git gives advice, which would push the name out.
  const lock = /^.*'[^'\n]*\.lock'?: File exists.*$/m.exec(stderr)?.[0];
  if (lock !== undefined) return lock.slice(0, 500);
  const said = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('hint:'));
  return said.slice(-count).join('; ').slice(0, 500);
}

function commandOf(args: readonly string[]): string {
  const words: string[] = [];
  for (let index = 0; index < args.length && words.length < 3; index += 1) {
    if (args[index] === '-c' || args[index] === '-C') index += 1;
    else words.push(String(args[index]).slice(0, 80));
  }
  return words.join(' ');
}
