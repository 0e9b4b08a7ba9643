/** The file that a process writes its output to directly, kept below a limit while it does. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** How much of the newest output is kept when the file is cut, at most. */
const tailBytes = 256 * 1024;
/** A process that writes without a pause is not waited for. */
const looks = 3;

/** An open output file. Every writer appends, so cutting it while somebody writes loses nothing but the middle. */
export interface OutputFile {
  /** For the child's stdout and stderr. */
  readonly fd: number;
  /** Bytes written so far, those cut away included. */
  written(): number;
  /** Bytes cut away so far. */
  dropped(): number;
  /** Cuts the file back below its limit if it grew beyond; returns `written()`. */
  check(): number;
  /** Appends bytes that arrived another way. */
  append(bytes: Uint8Array): void;
  /** The last bytes of the file, at most `count`. */
  tail(count: number): Buffer;
  close(): void;
}

/**
 * Opens (or goes on with) an output file, 0600, never through a symlink. When it outgrows `limit` bytes its head and its
 * newest part are kept with a notice between them. Throws the system's error when it cannot be opened.
 */
export function openOutputFile(path: string, limit: number): OutputFile {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  const started = fstatSync(fd).size;
  let dropped = 0;
  let added = 0;
  let lastSize = started;
  let open = true;

  const sizeNow = (): number => {
    if (open) lastSize = fstatSync(fd).size;
    return lastSize;
  };
  const written = (): number => Math.max(0, sizeNow() - started - added + dropped);

  const cut = (): void => {
    const head = Math.floor(limit / 2);
    const keep = Math.min(tailBytes, Math.floor(limit / 4));
    let size = sizeNow();
    let tail = readAt(fd, size - keep, keep);
    // What is written between the last look and the cut is lost: so the last look is as short as can be.
    for (let look = 0; look < looks && sizeNow() > size && lastSize - size <= keep; look++) {
      const grown = lastSize;
      tail = Buffer.concat([tail, readAt(fd, size, grown - size)]).subarray(-keep);
      size = grown;
    }
    ftruncateSync(fd, head);
    dropped += size - head - tail.length - added;
    added = 0;
    const notice = Buffer.from(`\n[plan: ${dropped} bytes of output left out here]\n`);
    appendAll(fd, notice);
    added = notice.length;
    appendAll(fd, tail);
  };

  return {
    fd,
    written,
    dropped: () => dropped,
    check() {
      if (open && sizeNow() > limit) tolerantly(cut);
      return written();
    },
    append(bytes) {
      if (open) tolerantly(() => appendAll(fd, bytes));
    },
    tail(count) {
      if (!open) return Buffer.alloc(0);
      const size = sizeNow();
      return readAt(fd, Math.max(0, size - count), Math.min(count, size));
    },
    close() {
      if (!open) return;
      sizeNow();
      open = false;
      closeSync(fd);
    },
  };
}

/** A full disk costs output, not the attempt: whether the work itself suffered is for its own exit code to say. */
function tolerantly(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
  }
}

function appendAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

function readAt(fd: number, position: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  let length = 0;
  while (length < count) {
    const read = readSync(fd, bytes, length, count - length, position + length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
