/**
 * Loaded before the program (`node --import`): kills the process, as `kill -9` would, at a chosen line of its journal.
 * KILL_AT is the number of the line; KILL_TORN is how much of the line still reaches the file: 0 nothing, 1 half, 2 all.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const killAt = Number(process.env.KILL_AT);
const torn = Number(process.env.KILL_TORN ?? 0);
const write = fs.write;

fs.write = (fd, data, ...rest) => {
  const text = Buffer.isBuffer(data) || data instanceof Uint8Array ? Buffer.from(data) : undefined;
  const line = text === undefined ? -1 : lineStart(text);
  if (line >= 0) {
    const offset = typeof rest[2] === 'number' ? rest[2] : null;
    const end = text.indexOf(10, line) + 1;
    const kept = torn === 0 ? line : torn === 1 ? line + Math.floor((end - line) / 2) : end;
    fs.writeSync(fd, text, 0, kept, offset);
    process.kill(process.pid, 'SIGKILL');
    return;
  }
  write(fd, data, ...rest);
};
syncBuiltinESMExports();

/** Where in a write to the journal the chosen line begins; -1 when it is not there. */
function lineStart(text) {
  for (let start = 0; start < text.length; start = text.indexOf(10, start) + 1) {
    const head = text.subarray(start, start + 60).toString('latin1');
    const match = /^\{(?:"version":1,)?"seq":(\d+),/.exec(head);
    if (!match) return -1;
    if (Number(match[1]) === killAt) return start;
    if (text.indexOf(10, start) < 0) return -1;
  }
  return -1;
}
