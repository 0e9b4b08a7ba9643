/**
 * A place of their own for objects that may never be needed: written without waiting for the disk, in memory where there is room.
 * What is to stay is taken over into the repository in one piece, durable; the rest is thrown away.
 */

import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { mayLive } from '../base/process-group.js';
import { git } from '../git/git.js';
import { Repository } from '../git/repository.js';

/** An open quarantine: `repository` reads the real objects and writes its own. */
export class Quarantine {
  readonly repository: Repository;
  readonly #real: Repository;
  readonly #folder: string;
  readonly #taken = new Set<string>();

  private constructor(real: Repository, folder: string) {
    this.#real = real;
    this.#folder = folder;
    const variables = { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(join(real.commonDir, 'objects')) };
    const noSync = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.fsync', GIT_CONFIG_VALUE_0: 'none' };
    this.repository = new Repository(real, { ...real.environment, ...variables, ...noSync });
  }

  /** Opens one; `onDisk` where memory has proved too small. */
  static async open(real: Repository, onDisk = false): Promise<Quarantine> {
    const home = onDisk || !(await hasRoom(memoryFolder)) ? join(real.commonDir, 'plan', 'tmp') : memoryFolder;
    await removeAbandoned(home);
    const folder = join(home, `${prefix}${process.pid}-${randomUUID()}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Quarantine(real, folder);
  }

  /** Writes an object exactly as git would and gives its id. */
  write(type: 'commit', content: string): string {
    const bytes = Buffer.from(content);
    const object = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
    const id = createHash(this.#real.objectFormat).update(object).digest('hex');
    const folder = join(this.#folder, id.slice(0, 2));
    const aside = join(this.#folder, `tmp_obj_${id}`);
    // A few hundred bytes, in memory: waiting for them would take longer than writing them.
    mkdirSync(folder, { recursive: true });
    writeFileSync(aside, deflateSync(object, { level: 1 }));
    renameSync(aside, join(folder, id.slice(2)));
    return id;
  }

  /** Takes what was written since into the repository: a pack of many, single objects of few, on the disk when it resolves. */
  async keep(): Promise<void> {
    const ids = (await this.#objects()).filter((id) => !this.#taken.has(id));
    if (ids.length === 0) return;
    const input = `${ids.join('\n')}\n`;
    const packing = ['pack-objects', '--quiet', '--window=0', '--threads=1'];
    if (ids.length >= packFrom) {
      const folder = join(this.#real.commonDir, 'objects', 'pack');
      await mkdir(folder, { recursive: true });
      // The real repository writes, and reads from here.
      const variables = { GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(this.#folder) };
      await git([...packing, join(folder, 'pack')], { ...this.#real.place, input, variables });
    } else {
      // git renames from its object folder to the name given, so both are here: the real objects may be on another disk.
      const pack = join(this.#folder, `few-${randomUUID()}`);
      const name = (await git([...packing, pack], { ...this.repository.place, input })).trim();
      await git(['-c', 'core.fsyncMethod=batch', 'unpack-objects', '-q'], { ...this.#real.place, input: await readFile(`${pack}-${name}.pack`) });
      await Promise.all(['pack', 'idx', 'rev'].map((end) => rm(`${pack}-${name}.${end}`, { force: true })));
    }
    for (const id of ids) this.#taken.add(id);
  }

  /** Ends its gits and throws away what was not taken over. */
  async close(): Promise<void> {
    this.repository.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #objects(): Promise<string[]> {
    const folders = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
    const names = await Promise.all(folders.map(async (folder) => (await readdir(join(this.#folder, folder))).map((name) => folder + name)));
    return names.flat().filter((id) => /^[0-9a-f]{40,64}$/.test(id));
  }
}

const memoryFolder = '/dev/shm';
const prefix = 'plan-objects-';
/** As git's own `transfer.unpackLimit`: fewer objects do not deserve a pack. */
const packFrom = 100;
/** Bytes that have to be free in memory for it to be used. */
const leastRoom = 256 * 1024 * 1024;

async function hasRoom(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize >= leastRoom;
  } catch {
    return false;
  }
}

/** What a killed process left behind. */
async function removeAbandoned(home: string): Promise<void> {
  for (const name of await readdir(home).catch(() => [])) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !mayLive(Number(pid))) await rm(join(home, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** git splits the variable at colons; a path that holds one is quoted. */
function quotedPath(path: string): string {
  return /[:"\\\n]/.test(path) ? `"${path.replace(/[\\"]/g, '\\$&')}"` : path;
}
