/** A disk in memory that keeps what was synced apart from what was only written, and fails when told to. */
import type { Disk, DiskFile } from '../../src/journal/disk.js';

export class MemoryDisk implements Disk {
  /** What a reader sees now. */
  visible = Buffer.alloc(0);
  /** What a power cut leaves at least. */
  durable = Buffer.alloc(0);
  /** Bytes that fit on it. */
  room = Infinity;
  syncs = 0;
  failSyncs = 0;
  failTruncates = 0;
  /** Called before each sync is done. */
  beforeSync: () => Promise<void> = () => Promise.resolve();

  async open(): Promise<DiskFile> {
    return {
      size: async () => this.visible.length,
      read: async (offset, length) => this.visible.subarray(offset, offset + length),
      write: async (bytes, offset) => {
        const fits = Math.max(0, Math.min(bytes.length, this.room - offset));
        this.visible = Buffer.concat([this.visible.subarray(0, offset), bytes.subarray(0, fits)]);
        if (fits < bytes.length) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      },
      sync: async () => {
        await this.beforeSync();
        this.syncs++;
        if (this.failSyncs > 0) {
          this.failSyncs--;
          throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
        }
        this.durable = Buffer.from(this.visible);
      },
      truncate: async (size) => {
        if (this.failTruncates > 0) {
          this.failTruncates--;
          throw Object.assign(new Error('EIO: i/o error, ftruncate'), { code: 'EIO' });
        }
        this.visible = this.visible.subarray(0, size);
      },
      close: async () => undefined,
    };
  }
}
