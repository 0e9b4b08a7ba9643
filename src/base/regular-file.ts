/** Reading files that somebody else may have put in their place: a pipe there would hold whoever opens it for ever. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Code of the rejection for what is neither file nor folder; a folder is the system's `EISDIR`. */
export const notAFile = 'ENOTAFILE';

/** The bytes of a file, links followed; rejects for everything else at once, with `notAFile` or the system's error. */
export async function readRegularBytes(path: string): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile() && !found.isDirectory()) throw Object.assign(new Error(`${path} is not a file`), { code: notAFile });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The text of a file, as UTF-8, in the same way. */
export async function readRegularText(path: string): Promise<string> {
  return (await readRegularBytes(path)).toString('utf8');
}
