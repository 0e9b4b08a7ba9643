/** What the journal asks of a disk; the simulator has another one that tears, loses and refuses. */
import { constants, close, fdatasync, fstat, ftruncate, open, read, write } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../base/atomic-file.js';

export interface Disk {
  /** Opens a file for reading and writing, creating it (0600, its name durable) when missing. Rejects with the system's error. */
  open(path: string): Promise<DiskFile>;
}

/** An open file. Every method rejects with the system's error; after a rejected `sync` nothing is known of what is on the disk. */
export interface DiskFile {
  size(): Promise<number>;
  /** Up to `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Writes all bytes or rejects; then some of them may have been written. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Resolves when all that was written is on the disk. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

const openFile = promisify(open);
const readFrom = promisify(read);
const writeTo = promisify(write);

/** The machine's disk. Syncing happens off the main thread. */
export const realDisk: Disk = {
  async open(path) {
    const fd = await openFile(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    if (!(await promisify(fstat)(fd)).isFile()) {
      await promisify(close)(fd);
      throw Object.assign(new Error(`${path} is not a file`), { code: 'EINVAL' });
    }
    await syncFolder(dirname(path));
    return new RealFile(fd);
  },
};

class RealFile implements DiskFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async size(): Promise<number> {
    return (await promisify(fstat)(this.#fd)).size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await readFrom(this.#fd, bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await writeTo(this.#fd, bytes, done, bytes.length - done, offset + done);
      done += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return promisify(fdatasync)(this.#fd);
  }

  truncate(size: number): Promise<void> {
    return promisify(ftruncate)(this.#fd, size);
  }

  close(): Promise<void> {
    return promisify(close)(this.#fd);
  }
}
