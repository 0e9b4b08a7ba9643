/** A repository that was found and looked at once: where it is, what it is, and the long-lived gits that serve it. */
import { basename, dirname } from 'node:path';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import { attributeComparison } from './attribute-comparison.js';
import { withoutLocalVariables } from './environment.js';
import { GitError, kindOf, lastLines } from './git-error.js';
import { tryGit } from './git.js';
import type { GitPlace, GitResult } from './git.js';
import { ObjectReader } from './objects.js';
import { RefMover } from './ref-mover.js';
import { GitSession } from './session.js';

export interface RepositoryFacts {
  /** Absolute path of the repository's own folder, shared by all its worktrees (`--git-common-dir`). */
  readonly commonDir: string;
  /** Top of the worktree that it was opened from; undefined in a bare repository or inside a git folder. */
  readonly worktree: string | undefined;
  /** True where `core.bare` says that there is no main worktree. */
  readonly bare: boolean;
  readonly objectFormat: 'sha1' | 'sha256';
  readonly shallow: boolean;
  /** Major and minor of the git that is used. */
  readonly version: readonly [number, number];
}

/** One repository. Commands that concern all of it run in its common folder, so that no worktree's removal is in their way. */
export class Repository implements GitPlace, RepositoryFacts {
  readonly cwd: string;
  readonly gitDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly commonDir: string;
  readonly worktree: string | undefined;
  readonly bare: boolean;
  readonly objectFormat: 'sha1' | 'sha256';
  readonly shallow: boolean;
  readonly version: readonly [number, number];
  readonly objects: ObjectReader;
  readonly mover: RefMover;
  /** Compares the attribute files of two trees. */
  readonly attributeChanges: GitSession;
  #signs: Promise<boolean> | undefined;
  #hooksPath: Promise<string> | undefined;

  constructor(facts: RepositoryFacts, environment: Readonly<Record<string, string>>) {
    this.cwd = facts.commonDir;
    this.gitDir = facts.commonDir;
    this.environment = environment;
    this.commonDir = facts.commonDir;
    this.worktree = facts.worktree;
    this.bare = facts.bare;
    this.objectFormat = facts.objectFormat;
    this.shallow = facts.shallow;
    this.version = facts.version;
    this.objects = new ObjectReader(this);
    this.mover = new RefMover(this);
    this.attributeChanges = new GitSession(attributeComparison, this, { milliseconds: 600_000, requests: 10_000 });
  }

  /** What a git command needs to run in the repository. */
  get place(): GitPlace {
    return { cwd: this.cwd, gitDir: this.gitDir, environment: this.environment };
  }

  /** True when the user's git signs commits (`commit.gpgSign`); asked once. */
  signsCommits(): Promise<boolean> {
    this.#signs ??= tryGit(['config', '--type=bool', '--get', 'commit.gpgSign'], this.place).then(
      (answer) => answer.stdout.trim() === 'true',
    );
    return this.#signs;
  }

  /** The user's `core.hooksPath` as configured, possibly relative; '' when it is not set. Asked once. */
  hooksPath(): Promise<string> {
    this.#hooksPath ??= tryGit(['config', '--type=path', '--get', 'core.hooksPath'], this.place).then((answer) => answer.stdout.trim());
    return this.#hooksPath;
  }

  /** The main worktree's top; undefined in a bare repository. */
  get main(): string | undefined {
    if (this.bare) return undefined;
    return basename(this.commonDir) === '.git' ? dirname(this.commonDir) : this.worktree;
  }

  /** The id that stands for "no such object" in this repository's format. */
  get nullId(): string {
    return '0'.repeat(this.objectFormat === 'sha1' ? 40 : 64);
  }

  /** True when the git in use is at least this version. */
  atLeast(major: number, minor: number): boolean {
    return this.version[0] > major || (this.version[0] === major && this.version[1] >= minor);
  }

  /** Ends the long-lived gits. The repository can be used on; they start again when needed. */
  close(): void {
    this.objects.close();
    this.mover.close();
    this.attributeChanges.close();
  }
}

/** The oldest git that has what we stand on (`merge-tree --write-tree` with our options). */
const oldestVersion = [2, 39] as const;

/** Finds the repository of a folder; says what to do where there is none, it is not trusted, or git is too old. */
export async function openRepository(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Result<Repository, Failure>> {
  const place = { cwd: folder, environment: withoutLocalVariables(environment) };
  let look: GitResult;
  let versionLook: GitResult;
  try {
    [look, versionLook] = await Promise.all([tryGit(['rev-parse', ...questions], place), tryGit(['--version'], place)]);
  } catch (error) {
    if (error instanceof GitError && error.kind === 'no-git') return err(noGit(folder, error));
    throw error;
  }
  const version = parseVersion(versionLook.stdout);
  if (version[0] < oldestVersion[0] || (version[0] === oldestVersion[0] && version[1] < oldestVersion[1]))
    return err(tooOld(versionLook.stdout.trim()));
  // The last question fails where there is no worktree; the others are answered all the same.
  const [, commonDir, bare, objectFormat, shallow, worktree] = answers.exec(look.stdout) ?? [];
  if (commonDir === undefined) return err(notFound(folder, look.stderr));
  const facts: RepositoryFacts = {
    commonDir,
    worktree: look.code === 0 && worktree !== undefined && worktree !== '' ? worktree : undefined,
    bare: bare === 'true',
    objectFormat: objectFormat === 'sha256' ? 'sha256' : 'sha1',
    shallow: shallow === 'true',
    version,
  };
  return ok(new Repository({ ...facts, bare: facts.bare || (await isBareByConfig(facts, place)) }, place.environment));
}

const questions = [
  '--path-format=absolute',
  '--git-common-dir',
  '--is-bare-repository',
  '--show-object-format',
  '--is-shallow-repository',
  '--show-toplevel',
];

/** What is answered, a line each; a path may hold line breaks itself. */
const answers = /^([^]+?)\n(true|false)\n(sha1|sha256)\n(true|false)\n(?:([^]*)\n)?$/;

/** A linked worktree of a bare repository does not call itself bare; its repository's configuration does. */
async function isBareByConfig(facts: RepositoryFacts, place: GitPlace): Promise<boolean> {
  if (basename(facts.commonDir) === '.git') return false;
  const answer = await tryGit(['config', '--type=bool', '--get', 'core.bare'], { ...place, cwd: facts.commonDir, gitDir: facts.commonDir });
  return answer.stdout.trim() === 'true';
}

function parseVersion(text: string): readonly [number, number] {
  const match = /(\d+)\.(\d+)/.exec(text);
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
}

function noGit(folder: string, error: GitError): Failure {
  return {
    kind: 'input',
    code: 'no-git',
    message: `git could not be started in ${folder}: ${lastLines(error.stderr)}`,
    hint: 'Install git 2.39 or newer, and check that the folder exists.',
  };
}

function tooOld(found: string): Failure {
  return {
    kind: 'input',
    code: 'git-too-old',
    message: `${found} is too old: plan needs git ${oldestVersion.join('.')} or newer`,
    hint: 'Update git.',
  };
}

function notFound(folder: string, stderr: string): Failure {
  if (kindOf(stderr) === 'not-trusted') {
    return {
      kind: 'input',
      code: 'repository-not-trusted',
      message: `the repository of ${folder} belongs to another user`,
      hint: `If you trust it: git config --global --add safe.directory ${folder}`,
    };
  }
  return {
    kind: 'input',
    code: 'no-repository',
    message: `${folder} is not in a git repository`,
    hint: 'Go to a repository, or make one: git init && git commit --allow-empty -m start',
  };
}
