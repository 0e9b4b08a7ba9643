/** Where a worktree may stand: nowhere that makes something of ours appear in a person's tree, nowhere inside git's own folders. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { assert } from '../base/assert.js';
import type { Failure } from '../model/failure.js';
import { tryGit } from './git.js';
import type { Repository } from './repository.js';

/** Says why no worktree can be made at the path; undefined when it can. */
export async function refusePlacement(repository: Repository, path: string): Promise<Failure | undefined> {
  assert(isAbsolute(path), `a worktree's path is absolute: ${path}`);
  const real = await realPlace(path);
  const gitFolder = await realpath(repository.commonDir);
  const inGit = inside(real, gitFolder);
  if (inGit !== undefined && (!repository.bare || inGit === '' || gitOwn.has(inGit.split('/')[0] ?? ''))) {
    return refusal('worktree-in-git', `the worktree ${path} would stand inside git's own folder`);
  }
  if (repository.main === undefined || inGit !== undefined) return undefined;
  const main = await realpath(repository.main).catch(() => repository.main ?? '');
  const within = inside(real, main);
  if (within === undefined) return undefined;
  if (within === '') return refusal('worktree-in-checkout', `the worktree ${path} would replace the repository's own checkout`);
  const ignored = await tryGit(['check-ignore', '--quiet', '--', `${within}/`], { cwd: main, environment: repository.environment });
  if (ignored.code === 0) return undefined;
  return refusal('worktree-in-checkout', `the worktree ${path} would appear as untracked files in ${main}`);
}

/** Folders of a bare repository that belong to git; others in it are a common home of worktrees. */
const gitOwn = new Set([
  'objects',
  'refs',
  'hooks',
  'info',
  'logs',
  'worktrees',
  'modules',
  'plan',
  'branches',
  'lfs',
  'rr-cache',
  'reftable',
]);

/** The path with every link resolved that exists; the rest as given. */
export async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPlace(parent), basename(path));
  }
}

/** The way from a folder to a path inside it, POSIX; '' for itself, undefined when it is not inside. */
export function inside(path: string, folder: string): string | undefined {
  const way = relative(folder, path);
  return way === '..' || way.startsWith('../') || isAbsolute(way) ? undefined : way;
}

function refusal(code: string, message: string): Failure {
  return {
    kind: 'input',
    code,
    message,
    hint: 'Set `worktrees` to a folder outside of the repository, or ignore the folder in .gitignore.',
  };
}
