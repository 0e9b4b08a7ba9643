/** A note on the disk while a checkout is brought along: after a kill it says which files were ours to write. */

import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeHalfWritten, replaceFile } from '../base/atomic-file.js';
import type { Repository } from '../git/repository.js';
import type { CommitId } from '../model/ids.js';

/** A checkout that is being moved. When it began, no path that differs between the commits was dirty there. */
export interface MoveMark {
  readonly ref: string;
  readonly from: CommitId;
  readonly to: CommitId;
  readonly path: string;
  readonly gitDir: string;
}

/** Writes the note, durable; gives its file. Only one is needed: moves are under the repository's lock. */
export async function markMove(repository: Repository, mark: MoveMark): Promise<string> {
  const folder = join(repository.commonDir, 'plan');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = markFile(repository);
  await replaceFile(file, `${JSON.stringify(mark)}\n`, { durable: true });
  return file;
}

/** The move that a dead process left in the middle; undefined when there is none. */
export async function readMark(repository: Repository): Promise<MoveMark | undefined> {
  const text = await readFile(markFile(repository), 'utf8').catch(() => '');
  try {
    const { ref, from, to, path, gitDir } = JSON.parse(text) as Record<string, unknown>;
    if ([ref, from, to, path, gitDir].every((value) => typeof value === 'string')) return { ref, from, to, path, gitDir } as MoveMark;
  } catch {
    // Torn or absent: the note is written before the deed, so nothing was begun.
  }
  return undefined;
}

/** Removes what a killed process had begun to note; the caller holds the repository's lock. */
export async function removeHalfWrittenMark(repository: Repository): Promise<void> {
  const file = markFile(repository);
  await removeHalfWritten(dirname(file), basename(file));
}

/** Removes the note: the checkout is in step. */
export async function clearMark(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** Where the note is kept. */
export function markFile(repository: Repository): string {
  return join(repository.commonDir, 'plan', 'moving-target.json');
}
