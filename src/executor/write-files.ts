/** Writes returned files into a worktree: every path is proved to stay in it first; then all of them are written, or none. */
import { link, lstat, mkdir, open, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { ContentFile } from './content-files.js';
import { messageOf } from '../base/text.js';

const longestPath = 1024;
const longestName = 200;
/** Beside a file while it is being replaced; made only if it is not there, it is the file's lock too. */
const lockSuffix = '.plan-lock';
const backupSuffix = '.plan-old';

/** Characters that some filesystems do not see in a name: with them another name is `.git`. */
const ignorable = /[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/g;

/** Where a file goes. */
interface Target {
  readonly path: string;
  readonly content: string;
  /** Absolute, links resolved. */
  readonly file: string;
  /** Permission bits of the file that is replaced. */
  readonly mode?: number;
}

/** Writes the files; the error is a sentence that names the path at fault. Then the worktree is as it was. */
export async function writeContentFiles(worktree: string, files: readonly ContentFile[]): Promise<Result<readonly string[], string>> {
  const refused = refusePaths(files.map(({ path }) => path));
  if (refused !== undefined) return err(refused);
  try {
    const root = await realpath(worktree);
    const targets: Target[] = [];
    for (const file of files) {
      const target = await findTarget(root, file);
      if (!target.ok) return target;
      targets.push(target.value);
    }
    const twice = targets.find(({ file }, index) => targets.findIndex((other) => other.file === file) !== index);
    if (twice !== undefined) return err(`${twice.path} is, through a symlink, a file that was returned already`);
    return await writeAll(root, targets);
  } catch (error) {
    return err(messageOf(error));
  }
}

/** Why a set of relative paths cannot be written, whatever stands on the disk; undefined when nothing speaks against it. */
export function refusePaths(paths: readonly string[]): string | undefined {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const reason = refusePath(path);
    if (reason !== undefined) return `${JSON.stringify(path.slice(0, 200))} ${reason}`;
    const key = fold(path);
    const other = seen.get(key);
    if (other !== undefined) return other === path ? `${path} was returned twice` : `${path} and ${other} are one file where case does not count`;
    seen.set(key, path);
  }
  for (const path of paths) {
    const parts = fold(path).split('/');
    for (let length = 1; length < parts.length; length++) {
      const file = seen.get(parts.slice(0, length).join('/'));
      if (file !== undefined) return `${file} cannot be a file and hold ${path}`;
    }
  }
  return undefined;
}

function refusePath(path: string): string | undefined {
  if (path === '') return 'is no path';
  if (path.length > longestPath) return 'is too long';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'holds control characters';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.startsWith('~')) return 'is not relative to the worktree';
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return 'is not a plain path below the worktree';
    if (Buffer.byteLength(name) > longestName) return 'holds a name that is too long';
    if (isGitName(name)) return 'leads into git’s own files';
  }
  return undefined;
}

/** `.git` as any filesystem may understand it: case, trailing dots and blanks, streams, short names, invisible characters. */
function isGitName(name: string): boolean {
  const plain = fold(name).replace(/:.*$/, '').replace(/[. ]+$/, '');
  return plain === '.git' || /^git~[0-9]+$/.test(plain);
}

function fold(path: string): string {
  return path.normalize('NFKC').replace(ignorable, '').toLowerCase();
}

/** Walks down to the file: symlinks are followed as long as they stay, and no name differs from an existing one by case only. */
async function findTarget(root: string, { path, content }: ContentFile): Promise<Result<Target, string>> {
  const names = path.split('/');
  let folder = root;
  for (const [index, name] of names.entries()) {
    const last = index === names.length - 1;
    let at = join(folder, name);
    let found = await statOf(at);
    if (found === undefined) {
      const clash = await otherCase(folder, name);
      if (clash !== undefined) return err(`${path} differs from ${relative(root, join(folder, clash))} by case only`);
      return ok({ path, content, file: join(folder, ...names.slice(index)) });
    }
    if (found.isSymbolicLink()) {
      at = await realpath(at).catch(() => '');
      if (at === '' || !isInside(root, at)) return err(`${path} leads through a symlink that leaves the worktree or leads nowhere`);
      found = await statOf(at);
    }
    if (relative(root, at).split(sep).some(isGitName)) return err(`${path} leads into git’s own files`);
    if (last) {
      if (found?.isFile() !== true) return err(`${path} exists and is no file`);
      return ok({ path, content, file: at, mode: found.mode & 0o777 });
    }
    if (found?.isDirectory() !== true) return err(`${path} cannot be written: a part of it is no folder`);
    folder = at;
  }
  return err(`${path} is no path`);
}

/** Every new content is on the disk before the first file is replaced; what fails after that is put back. */
async function writeAll(root: string, targets: readonly Target[]): Promise<Result<readonly string[], string>> {
  const madeFolders: string[] = [];
  const locked: Target[] = [];
  const replaced: Target[] = [];
  const backups: Target[] = [];
  try {
    for (const target of targets) {
      await makeFolders(root, dirname(target.file), madeFolders);
      await writeLock(target);
      locked.push(target);
    }
    for (const target of targets) {
      if (target.mode === undefined) continue;
      await link(target.file, target.file + backupSuffix);
      backups.push(target);
    }
    for (const target of targets) {
      await rename(target.file + lockSuffix, target.file);
      replaced.push(target);
    }
    for (const { file } of backups) await rm(file + backupSuffix, { force: true });
    return ok(targets.map(({ path }) => path));
  } catch (error) {
    for (const { file, mode } of replaced.reverse()) {
      if (mode === undefined) await rm(file, { force: true });
      else await rename(file + backupSuffix, file);
    }
    for (const { file } of backups) await rm(file + backupSuffix, { force: true });
    for (const { file } of locked) await rm(file + lockSuffix, { force: true });
    for (const folder of madeFolders.reverse()) await rmdir(folder).catch(() => undefined);
    const held = (error as NodeJS.ErrnoException).code === 'EEXIST';
    return err(held ? `somebody else is writing to it: ${String((error as NodeJS.ErrnoException).path)}` : String(error));
  }
}

async function writeLock(target: Target): Promise<void> {
  const lock = target.file + lockSuffix;
  const handle = await open(lock, 'wx', target.mode ?? 0o666);
  try {
    await handle.writeFile(target.content);
    if (target.mode !== undefined) await handle.chmod(target.mode);
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function makeFolders(root: string, folder: string, made: string[]): Promise<void> {
  if (folder === root || (await statOf(folder)) !== undefined) return;
  await makeFolders(root, dirname(folder), made);
  await mkdir(folder);
  made.push(folder);
}

async function otherCase(folder: string, name: string): Promise<string | undefined> {
  const wanted = fold(name);
  return (await readdir(folder)).find((entry) => entry !== name && fold(entry) === wanted);
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
