/** The door to a repository's manifests and plan files: nothing outside of it is read, nothing that is no text, nothing too large. */

import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { nearestName, neutralise, shorten } from '../base/text.js';
import type { Failure, SourcePlace } from '../model/failure.js';
import { decode } from './source.js';

const maxPlanBytes = 64 * 1024 * 1024;
/** So many missing files are given a hint, and so many names are compared for one. */
const longestSearch = 100;
const longestListing = 5_000;

/** Reads files below one folder. */
export class RepositoryFiles {
  private readonly top: string;
  private readonly cwd: string;
  private readonly fail: (failure: Failure) => void;
  private readonly texts = new Map<string, Promise<string | undefined>>();
  private realTop: string | undefined;
  private missing = 0;

  /** `top` and `cwd` are absolute; `fail` takes what cannot be read. */
  constructor(top: string, cwd: string, fail: (failure: Failure) => void) {
    this.top = top;
    this.cwd = cwd;
    this.fail = fail;
  }

  /** The path relative to the repository's top, once it is proved to stay inside, symbolic links followed. */
  async locate(absolute: string, place: SourcePlace | undefined): Promise<string | undefined> {
    this.realTop ??= await realpath(this.top);
    const at = place === undefined ? {} : { place };
    const outside: Failure = { kind: 'input', code: 'outside-repository', message: `${this.quote(absolute)} lies outside the repository`, ...at, hint: 'only what lies inside it is read, links followed: copy it there' };
    const asWritten = path.relative(this.top, absolute);
    if (leaves(asWritten) && leaves(path.relative(this.realTop, absolute))) {
      this.fail(outside);
      return undefined;
    }
    if (absolute.includes('\0')) {
      this.fail({ kind: 'input', code: 'bad-path', message: `${this.quote(absolute)} is no path: it holds a NUL character`, ...at });
      return undefined;
    }
    let real;
    try {
      real = await realpath(absolute);
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const message = missing ? `there is no file ${this.quote(absolute)}` : `${this.quote(absolute)} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`;
      const hint = missing ? await this.hintFor(absolute, place) : undefined;
      this.fail({ kind: 'input', code: missing ? 'no-such-file' : 'unreadable-file', message, ...at, ...(hint === undefined ? {} : { hint }) });
      return undefined;
    }
    const relative = path.relative(this.realTop, real);
    if (leaves(relative)) {
      this.fail(outside);
      return undefined;
    }
    // `.git` is a file in a linked worktree: as well hidden, as little a plan.
    if (relative.split(path.sep, 1)[0] === '.git') {
      this.fail({ kind: 'input', code: 'inside-git', message: `${this.quote(absolute)} is git's own`, ...at });
      return undefined;
    }
    return posix(leaves(asWritten) ? relative : asWritten);
  }

  private async hintFor(absolute: string, place: SourcePlace | undefined): Promise<string> {
    const near = await this.nearestFile(absolute);
    if (near !== undefined) return `did you mean \`${near}\`?`;
    return place === undefined ? 'paths are relative to the folder that the command is given in' : `paths are relative to the folder of ${place.file}`;
  }

  /** The file beside a missing one that has the most similar name, as the user would type it; undefined when none is similar. */
  private async nearestFile(absolute: string): Promise<string | undefined> {
    if (++this.missing > longestSearch) return undefined;
    const folder = path.dirname(absolute);
    const names = (await readdir(folder).catch(() => [])).slice(0, longestListing);
    // Without their endings, which nearly all have in common: `c.md` is not like `a.md`.
    const stems = new Map(names.map((name) => [path.parse(name).name, name]));
    const near = stems.get(nearestName(path.parse(absolute).name, stems.keys()) ?? '');
    return near === undefined ? undefined : shorten(neutralise(this.show(path.join(folder, near))), 200);
  }

  /** The text of a file; undefined, with a failure, where it has none. Each file is read once. */
  read(absolute: string, place?: SourcePlace, limit = maxPlanBytes): Promise<string | undefined> {
    const known = this.texts.get(absolute);
    if (known !== undefined) return known;
    const text = this.readNew(absolute, place, limit);
    this.texts.set(absolute, text);
    return text;
  }

  private async readNew(absolute: string, place: SourcePlace | undefined, limit: number): Promise<string | undefined> {
    const shown = this.show(absolute);
    const at = place === undefined ? {} : { place };
    try {
      // Asked before it is opened: to open a pipe would wait for ever.
      const found = await stat(absolute);
      if (!found.isFile()) {
        this.fail({ kind: 'input', code: 'not-a-file', message: `${this.quote(absolute)} is not a file`, ...at });
        return undefined;
      }
      if (found.size > limit) {
        this.fail(tooLarge(shown, found.size, limit));
        return undefined;
      }
      const decoded = decode(shown, await readFile(absolute), limit);
      if ('text' in decoded) return decoded.text;
      this.fail(decoded.failure);
    } catch (error) {
      this.fail({ kind: 'input', code: 'unreadable-file', message: `${this.quote(absolute)} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`, ...at });
    }
    return undefined;
  }

  /** Absolute paths of all files that were read. */
  paths(): readonly string[] {
    return [...this.texts.keys()];
  }

  /** A path as the user would type it. */
  show(absolute: string): string {
    const relative = path.relative(this.cwd, absolute);
    return posix(relative === '' ? '.' : relative.startsWith('..') && relative.split(path.sep).length > 6 ? absolute : relative);
  }

  private quote(absolute: string): string {
    return `\`${shorten(neutralise(this.show(absolute)), 200)}\``;
  }
}

function tooLarge(file: string, bytes: number, limit: number): Failure {
  const mebibytes = (count: number): number => Math.ceil(count / 1024 / 1024);
  return { kind: 'input', code: 'file-too-large', message: `the file has ${mebibytes(bytes)} MiB; at most ${mebibytes(limit)} are read`, place: { file, line: 1, column: 1 } };
}

function leaves(relative: string): boolean {
  return relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
}

/** With `/` between parts, on every system. */
export function posix(file: string): string {
  return path.sep === '/' ? file : file.split(path.sep).join('/');
}
