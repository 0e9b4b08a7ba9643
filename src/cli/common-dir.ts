/** Where a repository keeps what all its worktrees share, found without starting git: for commands that only read what is ours there. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { err, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { Context } from './context.js';

/** Variables by which a caller tells git where to look: then git is asked. */
const told = ['GIT_DIR', 'GIT_COMMON_DIR', 'GIT_CEILING_DIRECTORIES', 'GIT_DISCOVERY_ACROSS_FILESYSTEM'];

/** True when the caller's environment says where the repository is; only git itself follows all of that. */
export function isToldWhereToLook(environment: Readonly<Record<string, string | undefined>>): boolean {
  return told.some((name) => environment[name] !== undefined);
}

/** Does something with the common folder of the repository that the command is given in. */
export async function withCommonDir<T>(context: Context, use: (commonDir: string) => Promise<Result<T, readonly Failure[]>>): Promise<Result<T, readonly Failure[]>> {
  const { environment } = context.terminal;
  const found = isToldWhereToLook(environment) ? undefined : findCommonDir(context.folder);
  if (found !== undefined) return use(found);
  // What git says of it is right, and its words for what is wrong are ours.
  const { openRepository } = await import('../git/repository.js');
  const opened = await openRepository(context.folder, environment);
  if (!opened.ok) return err([opened.error]);
  const { commonDir } = opened.value;
  opened.value.close();
  return use(commonDir);
}

/** The common folder for a folder inside a repository, as `git rev-parse --git-common-dir` gives it; undefined where there is doubt. */
export function findCommonDir(folder: string): string | undefined {
  for (let at = realpathSync(folder); ; at = path.dirname(at)) {
    const inside = path.join(at, '.git');
    const stat = statSync(inside, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true && isGitFolder(inside)) return inside;
    if (stat?.isFile() === true) return ofLink(inside);
    if (isGitFolder(at)) return at;
    if (at === path.dirname(at)) return undefined;
  }
}

function isGitFolder(folder: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => statSync(path.join(folder, name), { throwIfNoEntry: false }) !== undefined);
}

/** A linked worktree's `.git` file leads to its own folder, and that to the common one. */
function ofLink(file: string): string | undefined {
  const own = pathIn(file, /^gitdir: (.+?)\r?\n?$/s);
  if (own === undefined) return undefined;
  const common = pathIn(path.join(own, 'commondir'), /^(.+?)\r?\n?$/s) ?? own;
  const found = statSync(common, { throwIfNoEntry: false })?.isDirectory() === true ? realpathSync(common) : undefined;
  return found !== undefined && isGitFolder(found) ? found : undefined;
}

function pathIn(file: string, pattern: RegExp): string | undefined {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const text = pattern.exec(readFileSync(file, 'utf8'))?.[1];
  return text === undefined ? undefined : path.resolve(path.dirname(file), text);
}
