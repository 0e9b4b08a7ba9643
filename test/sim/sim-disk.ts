/** A disk that loses what was not synced, tears what was being written, and sometimes refuses. */
import type { Disk, DiskFile } from '../../src/journal/disk.js';
import { never, type World } from './world.js';

/** What is in a file: `durable` survives a kill of the machine, `written` one of the process. */
interface FileBytes {
  written: Buffer;
  durable: Buffer;
}

/** Files outlive processes; the handles of a killed process never answer again. */
export class SimDisk {
  private readonly files = new Map<string, FileBytes>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** The disk as the living process sees it. */
  forLife(): Disk {
    const life = this.world.life;
    return { open: (path) => Promise.resolve(new SimFile(this.world, life, this.file(path))) };
  }

  /** After a kill: a process's death keeps what was written, a power cut only what was synced and a torn piece of the rest. */
  settle(powerCut: boolean): void {
    for (const file of this.files.values()) {
      if (powerCut) {
        const kept = file.durable.length + this.world.chance.below(Math.max(1, file.written.length - file.durable.length + 1));
        file.written = Buffer.from(file.written.subarray(0, Math.max(kept, Math.min(file.durable.length, file.written.length))));
      }
      file.durable = Buffer.from(file.written);
    }
  }

  /** The durable text of a file: for invariants. */
  text(path: string): string {
    return this.file(path).written.toString('utf8');
  }

  private file(path: string): FileBytes {
    let file = this.files.get(path);
    if (!file) this.files.set(path, (file = { written: Buffer.alloc(0), durable: Buffer.alloc(0) }));
    return file;
  }
}

class SimFile implements DiskFile {
  private readonly world: World;
  private readonly life: number;
  private readonly bytes: FileBytes;

  constructor(world: World, life: number, bytes: FileBytes) {
    this.world = world;
    this.life = life;
    this.bytes = bytes;
  }

  size(): Promise<number> {
    return Promise.resolve(this.bytes.written.length);
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.bytes.written.subarray(offset, offset + length));
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    if (this.life !== this.world.life) return never();
    const { chance, faults } = this.world;
    const killed = chance.hits(faults.kill);
    const refused = chance.hits(faults.journal);
    const kept = killed || refused ? chance.below(bytes.length + 1) : bytes.length;
    const before = this.bytes.written;
    const grown = Buffer.alloc(Math.max(before.length, offset + kept));
    before.copy(grown);
    Buffer.from(bytes).copy(grown, offset, 0, kept);
    this.bytes.written = grown;
    if (killed) {
      this.world.kill();
      return never();
    }
    if (refused) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }

  async sync(): Promise<void> {
    await this.world.step(this.life, false);
    if (this.world.chance.hits(this.world.faults.journal)) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    this.bytes.durable = Buffer.from(this.bytes.written);
  }

  async truncate(size: number): Promise<void> {
    await this.world.step(this.life, false);
    this.bytes.written = Buffer.from(this.bytes.written.subarray(0, size));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
