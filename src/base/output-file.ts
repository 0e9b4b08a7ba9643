/** The file that a process writes its output to directly, kept below a limit while it does. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** How much of the newest output is kept when the file is cut, at most. */
const tailBytes = 256 * 1024;

/** An open output file. Every writer appends, so what comes after a cut stands behind what was kept. */
export interface OutputFile {
  /** For the child's stdout and stderr. */
  readonly fd: number;
  /** Bytes written so far, those cut away included. */
  written(): number;
  /** Bytes cut away so far. */
  dropped(): number;
  /**
   * Cuts the file back below its limit if it grew beyond; returns `written()`. What is written in the instant of a cut is lost, and
   * it may be the end: `whileStill` does the cut while nobody writes. Without it everybody has ended.
   */
  check(whileStill?: (cut: () => void) => void): number;
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
    const size = sizeNow();
    const tail = readAt(fd, size - keep, keep);
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
    check(whileStill = (act) => act()) {
      if (open && sizeNow() > limit) whileStill(() => tolerantly(cut));
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
