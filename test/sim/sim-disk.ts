/** A disk that loses what was not synced, tears what was being written, is slow, and sometimes refuses. */
import type { Disk, DiskFile } from '../../src/journal/disk.js';
import { never, type World } from './world.js';

const newline = 10;

/** What is in a file: the first `durable` bytes survive a cut of the power, all of it the end of the process. */
interface FileBytes {
  bytes: Buffer;
  length: number;
  durable: number;
  /** Whole lines among the durable bytes. */
  lines: number;
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
      if (powerCut && file.length > file.durable) file.length = this.world.serial ? this.lineEnd(file) : file.durable + this.world.chance.below(file.length - file.durable + 1);
      setDurable(file, file.length);
    }
  }

  /** The end of one of the lines that are not durable yet, or of the durable ones: how long lines are does not matter in a serial world. */
  private lineEnd({ bytes, length, durable }: FileBytes): number {
    const ends = [durable];
    for (let at = bytes.indexOf(newline, durable); at >= 0 && at < length; at = bytes.indexOf(newline, at + 1)) ends.push(at + 1);
    return this.world.chance.pick(ends);
  }

  /** Bytes of a file: for invariants. */
  bytes(path: string): Buffer {
    const file = this.file(path);
    return file.bytes.subarray(0, file.length);
  }

  /** Number of whole lines that nothing can take away any more. */
  durableLines(path: string): number {
    return this.file(path).lines;
  }

  private file(path: string): FileBytes {
    let file = this.files.get(path);
    if (!file) this.files.set(path, (file = { bytes: Buffer.alloc(4096), length: 0, durable: 0, lines: 0 }));
    return file;
  }
}

function setDurable(file: FileBytes, durable: number): void {
  const from = durable < file.durable ? 0 : file.durable;
  if (from === 0) file.lines = 0;
  for (let at = file.bytes.indexOf(newline, from); at >= 0 && at < durable; at = file.bytes.indexOf(newline, at + 1)) file.lines += 1;
  file.durable = durable;
}

class SimFile implements DiskFile {
  private readonly world: World;
  private readonly life: number;
  private readonly file: FileBytes;

  constructor(world: World, life: number, file: FileBytes) {
    this.world = world;
    this.life = life;
    this.file = file;
  }

  size(): Promise<number> {
    return Promise.resolve(this.file.length);
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.file.bytes.subarray(offset, Math.min(offset + length, this.file.length)));
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    if (this.life !== this.world.life) return never();
    const { chance, faults } = this.world;
    const killed = !this.world.serial && chance.hits(this.world.recovering ? faults.killAgain : faults.kill);
    const refused = (!this.world.serial && chance.hits(faults.journal)) || this.world.isFull;
    // In a serial world nothing may hang on how long lines are.
    const part = this.world.serial ? 0 : chance.below(bytes.length + 1);
    const kept = killed || refused ? part : bytes.length;
    this.put(bytes.subarray(0, kept), offset);
    if (killed) {
      this.world.kill();
      return never();
    }
    if (refused) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }

  async sync(): Promise<void> {
    const { chance, faults, clock } = this.world;
    const promised = this.file.length;
    await this.world.step(this.life, false);
    if (chance.hits(faults.slow)) {
      await clock.sleep(chance.below(20_000));
      if (this.life !== this.world.life) return never();
    }
    if (chance.hits(faults.journal)) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    setDurable(this.file, Math.min(promised, this.file.length));
  }

  async truncate(size: number): Promise<void> {
    await this.world.step(this.life, false);
    this.file.length = size;
    if (this.file.durable > size) setDurable(this.file, size);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private put(bytes: Uint8Array, offset: number): void {
    const { file } = this;
    const end = offset + bytes.length;
    if (end > file.bytes.length) {
      const grown = Buffer.alloc(2 * end);
      file.bytes.copy(grown, 0, 0, file.length);
      file.bytes = grown;
    }
    file.bytes.set(bytes, offset);
    file.length = Math.max(file.length, end);
  }
}
