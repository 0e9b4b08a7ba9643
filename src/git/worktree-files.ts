/** Bringing ignored files from the main worktree into a new one: exactly the files that were asked for, never out of it. */
import { cp, lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { Failure } from '../model/failure.js';
import { tryGit } from './git.js';
import { inside } from './placement.js';
import type { Repository } from './repository.js';

/** Copies files and folders that git ignores; says which one cannot be, before the first is copied. */
export async function copyIgnored(repository: Repository, paths: readonly string[], worktree: string): Promise<Failure | undefined> {
  const [failure] = await refuseCopies(repository, paths);
  if (failure !== undefined || repository.main === undefined) return failure;
  for (const path of paths.map(asCopied)) {
    const target = join(worktree, path);
    await mkdir(dirname(target), { recursive: true });
    // A folder of the commit may be a link to anywhere.
    const parent = await realpath(dirname(target));
    if (inside(parent, await realpath(worktree)) === undefined)
      return refusal('copy-outside', `${path} would be copied out of the worktree: a folder on its way is a link`);
    await cp(join(repository.main, path), target, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, force: false });
  }
  return undefined;
}

/** Why files or folders cannot be copied from the main worktree into others, each said once. */
export async function refuseCopies(repository: Repository, paths: readonly string[]): Promise<readonly Failure[]> {
  const { main } = repository;
  if (paths.length === 0) return [];
  if (main === undefined) return [refusal('copy-from-bare', 'a bare repository has no worktree to copy files from')];
  const failures: Failure[] = [];
  for (const path of new Set(paths.map(asCopied))) {
    const failure = await refuse(repository, main, path);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

function asCopied(path: string): string {
  return normalize(path).replace(/\/$/, '');
}

async function refuse(repository: Repository, main: string, path: string): Promise<Failure | undefined> {
  const parts = path.split('/');
  if (path === '.' || path === '' || isAbsolute(path) || parts.includes('..') || parts.some((part) => part.toLowerCase() === '.git')) {
    return refusal('copy-outside', `${path} cannot be copied into worktrees: it is not a file inside the repository`);
  }
  const found = await lstat(join(main, path)).catch(() => undefined);
  if (found === undefined) return refusal('copy-missing', `${path} is to be copied into worktrees and is not in ${main}`);
  const real = await realpath(dirname(join(main, path)));
  if (inside(real, await realpath(main)) === undefined)
    return refusal('copy-outside', `${path} cannot be copied into worktrees: a folder on its way is a link`);
  // Asked for what stands in the index too: a tracked file reaches a worktree by itself, and is never overwritten.
  const ignored = await tryGit(['check-ignore', '--quiet', '--', found.isDirectory() ? `${path}/` : path], {
    cwd: main,
    environment: repository.environment,
  });
  if (ignored.code === 0) return undefined;
  return refusal('copy-not-ignored', `${path} is to be copied into worktrees, but git does not ignore it`);
}

function refusal(code: string, message: string): Failure {
  return { kind: 'input', code, message, hint: 'Change `copy` in the manifest, or add the file to .gitignore.' };
}
