/** Reading a journal: from the beginning, or what came since. A crash can tear the last line only: that tail was never written. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Entry } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import { decodeLines, journalVersion } from './codec.js';
import type { JournalDamage } from './codec.js';

/** A journal as found. */
export interface JournalContent {
  readonly entries: readonly Entry[];
  /** Bytes up to and including the last whole line. */
  readonly validBytes: number;
  /** Bytes after it: a line that a crash tore, or that is being written now. */
  readonly tornBytes: number;
}

/** Bytes by offset; shorter than asked for at the end only. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

const chunkBytes = 4 * 1024 * 1024;
/** A line beyond this size fits in no string. */
const longestLine = 256 * 1024 * 1024;
const newline = 10;

/**
 * Reads the whole lines from `offset` on, where the entry `first` begins. `file` is for the words of a failure only.
 * Rejects with the system's error.
 */
export async function readEntries(read: ReadBytes, file: string, offset = 0, first = 0): Promise<Result<JournalContent, Failure>> {
  const chunks: Entry[][] = [];
  let count = first;
  let position = offset;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for (;;) {
    const bytes = await read(position, chunkBytes);
    if (bytes.length === 0) break;
    position += bytes.length;
    const last = bytes.lastIndexOf(newline);
    if (last >= 0) {
      const text = Buffer.concat([...rest, bytes.subarray(0, last + 1)]).toString('utf8');
      const decoded = decodeLines(text, count);
      if (!decoded.ok) return err(journalFailure(decoded.error, file));
      chunks.push(decoded.value);
      count += decoded.value.length;
      rest = [];
      restBytes = 0;
    }
    // A copy: the reader may use its buffer again.
    rest.push(bytes.slice(last + 1));
    restBytes += bytes.length - last - 1;
    if (restBytes > longestLine) return err(journalFailure({ kind: 'damaged', line: count + 1 }, file));
  }
  return ok({ entries: chunks.flat(), validBytes: position - restBytes, tornBytes: restBytes });
}

/** Reads a run's journal; a torn tail is left out and left where it is. No file: no entries. Rejects with the system's error. */
export async function readJournal(file: string): Promise<Result<JournalContent, Failure>> {
  const handle = await openIfThere(file);
  if (handle === undefined) return ok({ entries: [], validBytes: 0, tornBytes: 0 });
  try {
    if (!(await handle.stat()).isFile()) return err(journalFailure({ kind: 'no-file' }, file));
    return await readEntries(bytesOf(handle), file);
  } finally {
    await handle.close();
  }
}

/** Reads on where it stopped, while somebody else appends. */
export interface JournalFollower {
  /** Whole lines that came since the last call. Rejects with the system's error. */
  poll(): Promise<Result<readonly Entry[], Failure>>;
}

/** Follows a journal from its beginning; the file need not exist yet. */
export function followJournal(file: string): JournalFollower {
  let offset = 0;
  let next = 0;
  return {
    async poll() {
      const handle = await openIfThere(file);
      if (handle === undefined) return ok([]);
      try {
        if (!(await handle.stat()).isFile()) return err(journalFailure({ kind: 'no-file' }, file));
        // From the last whole line: a torn tail may have been cut off and written over since.
        const content = await readEntries(bytesOf(handle), file, offset, next);
        if (!content.ok) return content;
        offset = content.value.validBytes;
        next += content.value.entries.length;
        return ok(content.value.entries);
      } finally {
        await handle.close();
      }
    },
  };
}

/** Says what is wrong with a journal, and what can be done. */
export function journalFailure(damage: JournalDamage | { readonly kind: 'no-file' }, file: string): Failure {
  if (damage.kind === 'version') {
    return {
      kind: 'input',
      code: 'journal-version',
      message: `the journal ${file} is of version ${JSON.stringify(damage.found) ?? 'unknown'}, and this program reads version ${journalVersion} only`,
      hint: 'use the version of plan that began this run, or start over with `--new`; branches and worktrees are not touched',
    };
  }
  const hint = 'restore the file from a backup, or start over with `--new`: what was committed stays on its branches and is adopted';
  if (damage.kind === 'no-file') return { kind: 'input', code: 'journal-damaged', message: `the journal ${file} is not a file`, hint };
  return { kind: 'input', code: 'journal-damaged', message: `the journal ${file} is damaged at line ${damage.line}`, place: { file, line: damage.line, column: 1 }, hint };
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    // Without O_NONBLOCK a FIFO put in its place would hold us for ever.
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function bytesOf(handle: FileHandle): ReadBytes {
  return async (offset, length) => {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  };
}
