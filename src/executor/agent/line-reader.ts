/** Cuts a stream of bytes into lines as they come, whatever their length and encoding. */

/** A line longer than this is not read: nothing an agent has to tell us is that long. */
const lineLimit = 16 * 1024 * 1024;

/** Feeds lines to a callback. Memory is bounded by `limit` bytes; an overlong line is skipped whole and counted. */
export interface LineReader {
  push(bytes: Uint8Array): void;
  /** The stream is over: a last line without newline is a line too. */
  end(): void;
  /** Lines skipped because they were too long. */
  skipped(): number;
}

/** A reader of lines ended by LF or CRLF; bytes that are no UTF-8 become replacement characters. */
export function lineReader(take: (line: string) => void, limit = lineLimit): LineReader {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let overlong = false;
  let skipped = 0;

  const keep = (bytes: Uint8Array): void => {
    if (overlong || bytes.length === 0) return;
    length += bytes.length;
    if (length > limit) {
      overlong = true;
      skipped++;
      pieces = [];
    } else {
      // A copy: the stream reuses its buffers, and a small piece must not keep a large one alive.
      pieces.push(Uint8Array.prototype.slice.call(bytes));
    }
  };
  const finish = (): void => {
    const line = overlong ? undefined : Buffer.concat(pieces).toString('utf8');
    pieces = [];
    length = 0;
    overlong = false;
    if (line !== undefined) take(line.endsWith('\r') ? line.slice(0, -1) : line);
  };

  return {
    push(bytes) {
      let from = 0;
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
        keep(bytes.subarray(from, at));
        finish();
        from = at + 1;
      }
      keep(bytes.subarray(from));
    },
    end() {
      if (length > 0) finish();
    },
    skipped: () => skipped,
  };
}
