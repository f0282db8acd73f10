import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { segmentName, type Segment } from './segment.js';

/** The calls to the disk that cost or fail; specs count them and let them fail. */
export interface SpoolDisk {
  readonly write: (fd: number, bytes: Buffer, position: number) => number;
  readonly sync: (fd: number) => Promise<void>;
}

/** The disk itself. */
export const realDisk: SpoolDisk = {
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  sync: promisify(fdatasync),
};

/** Writes one segment of this boot, from its first frame on. */
export class SegmentWriter implements Segment {
  readonly path: string;
  size = 0;
  frames = 0;
  isFinished = false;
  private readonly fd: number;

  /** @throws the disk's error when the file can't be made */
  constructor(
    folder: string,
    readonly boot: string,
    readonly first: number,
    private readonly disk: SpoolDisk,
  ) {
    this.path = join(folder, segmentName(boot, first));
    this.fd = openSync(this.path, 'w', 0o600);
  }

  /** Number of the last frame; `first - 1` while there is none. */
  get last(): number {
    return this.first + this.frames - 1;
  }

  /**
   * Adds frames with one write, unless the disk takes them in parts.
   *
   * @throws the disk's error; then none of the frames is there
   */
  write(bytes: Buffer, frames: number): void {
    let written = 0;
    try {
      while (written < bytes.length) {
        written += this.disk.write(this.fd, bytes.subarray(written), this.size + written);
      }
    } catch (e) {
      this.takeBack();
      throw e;
    }
    this.size += bytes.length;
    this.frames += frames;
  }

  /** Waits until what was written survives a loss of power. */
  async sync(): Promise<void> {
    await this.disk.sync(this.fd);
  }

  /** Makes the file's name survive a loss of power too. */
  syncName(): void {
    const folder = openSync(dirname(this.path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  /** What can't be taken back stands behind `size`, where nobody reads; nothing may then be written behind it. */
  private takeBack(): void {
    try {
      ftruncateSync(this.fd, this.size);
    } catch {
      this.finish();
    }
  }

  /** Ends the segment. */
  finish(): void {
    if (this.isFinished) return;
    this.isFinished = true;
    closeSync(this.fd);
  }
}
