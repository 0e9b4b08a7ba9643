/** How a folder and the repository's entry for it hang together; read from files, so that it can be told in any half-made state. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { readRegularText } from '../base/regular-file.js';
import { exists } from './files.js';
import { GitError } from './git-error.js';
import type { GitPlace } from './git.js';
import type { Repository } from './repository.js';

/** A worktree that is whole: folder and entry point at each other. */
export interface WorktreeLink {
  /** Absolute. */
  readonly path: string;
  /** Its own git folder, `<common>/worktrees/<id>`. */
  readonly gitDir: string;
  /** Its name among the repository's worktrees: refs of it are `worktrees/<id>/HEAD`. */
  readonly id: string;
}

/** Bytes: git takes no longer name of a ref. */
const longestLine = 4096 + 'ref: '.length;

/** What stands at a path that is wanted for a worktree. */
export type PathState =
  | { readonly kind: 'absent' }
  /** An empty folder. */
  | { readonly kind: 'empty' }
  /** A worktree of this repository. */
  | { readonly kind: 'linked'; readonly link: WorktreeLink }
  /** Something else: a file, a folder with content, another repository. */
  | { readonly kind: 'other'; readonly dotGit: 'none' | 'folder' | 'foreign' };

/** One entry below `<common>/worktrees`, however damaged. */
export interface WorktreeEntry {
  readonly id: string;
  readonly gitDir: string;
  /** The folder it says it belongs to; undefined where that was never written or is damaged. */
  readonly path: string | undefined;
  /** Why it is locked: git's own `initializing` while it is made, or a person's words; undefined when it is not. */
  readonly locked: string | undefined;
  /** The raw content of its HEAD; undefined where there is none. */
  readonly head: string | undefined;
}

/** Looks at a path. A worktree counts as linked when its `.git` names an entry of this repository that exists. */
export async function lookAt(repository: Repository, path: string): Promise<PathState> {
  const content = await readRegularText(join(path, '.git')).catch((error: unknown) => (error as NodeJS.ErrnoException).code ?? 'EIO');
  const gitDir = parseDotGit(content, path);
  const link = gitDir === undefined ? undefined : await linkOf(repository, path, gitDir);
  if (link !== undefined) return { kind: 'linked', link };
  if (content === 'EISDIR') return { kind: 'other', dotGit: 'folder' };
  if (content !== 'ENOENT' && content !== 'ENOTDIR') return { kind: 'other', dotGit: 'foreign' };
  try {
    return (await readdir(path)).length === 0 ? { kind: 'empty' } : { kind: 'other', dotGit: 'none' };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !(await exists(path))) return { kind: 'absent' };
    if (code === 'ENOTDIR' || code === 'ENOENT') return { kind: 'other', dotGit: 'none' };
    throw error;
  }
}

/** The worktree at a path; throws a `GitError` where it is none of this repository (any more). */
export async function requireLink(repository: Repository, path: string): Promise<WorktreeLink> {
  const state = await lookAt(repository, path);
  if (state.kind === 'linked') return state.link;
  throw new GitError(['worktree', path], 'not-a-repository', 128, `${path} is no worktree of ${repository.commonDir}`);
}

/** Where git runs for one worktree: its git folder is named outright, so that a tampered `.git` leads nowhere else. */
export function worktreePlace(repository: Repository, link: WorktreeLink): GitPlace {
  return { cwd: link.path, gitDir: link.gitDir, environment: repository.environment };
}

/** Every entry of the repository's linked worktrees, also half-made ones; on demand only those of some ids. */
export async function listEntries(repository: Repository, accepts: (id: string) => boolean = () => true): Promise<WorktreeEntry[]> {
  const folders = await entryFolders(repository);
  return Promise.all(folders.flatMap((gitDir) => (accepts(basename(gitDir)) ? [readEntry(gitDir, basename(gitDir))] : [])));
}

/** The git folders of all linked worktrees, also of half-made ones; in the order of their ids. */
export async function entryFolders(repository: Repository): Promise<string[]> {
  const folder = join(repository.commonDir, 'worktrees');
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((id) => join(folder, id));
}

/**
 * What a file of one line says; '' where there is none or it cannot be read. At once, for what is asked of hundreds of worktrees:
 * waiting for a file takes ten times what reading a line of it takes.
 */
export function lineOf(file: string): string {
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(longestLine);
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, longestLine, 0)).trim();
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

/** One entry, from its folder. */
export async function readEntry(gitDir: string, id: string): Promise<WorktreeEntry> {
  const [pointer, locked, head] = await Promise.all(
    ['gitdir', 'locked', 'HEAD'].map((name) => readRegularText(join(gitDir, name)).catch(() => undefined)),
  );
  const target = pointer?.trim();
  return {
    id,
    gitDir,
    path: target === undefined || target === '' ? undefined : dirname(isAbsolute(target) ? target : resolve(gitDir, target)),
    locked: locked?.trim(),
    head: head?.trim(),
  };
}

/** The id that a detached or attached HEAD file says; undefined for a null or damaged one. */
export function isUsableHead(head: string | undefined): boolean {
  return head !== undefined && (/^ref: \S/.test(head) || (/^[0-9a-f]{40,64}$/.test(head) && !/^0+$/.test(head)));
}

function parseDotGit(content: string, path: string): string | undefined {
  const match = /^gitdir: ([^]+?)\r?\n?$/.exec(content);
  return match?.[1] === undefined ? undefined : resolve(path, match[1]);
}

/** Both ways have to agree: a `.git` that an attempt wrote, or a link it put in the folder's place, would lead into another plan's work. */
async function linkOf(repository: Repository, path: string, gitDir: string): Promise<WorktreeLink | undefined> {
  const ours = join(repository.commonDir, 'worktrees');
  try {
    if ((await lstat(path)).isSymbolicLink()) return undefined;
    const real = dirname(gitDir) === ours ? gitDir : await realpath(gitDir);
    if (real !== gitDir && dirname(real) !== (await realpath(ours))) return undefined;
    const { head, path: named } = await readEntry(real, basename(real));
    if (head === undefined || named === undefined) return undefined;
    return named === path || (await realpath(named)) === (await realpath(path)) ? { path, gitDir: real, id: basename(real) } : undefined;
  } catch {
    return undefined;
  }
}
