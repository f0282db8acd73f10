import { constants, open as openDescriptor, read as readDescriptor } from 'node:fs';
import { copyFile, mkdir, open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@berth/errors';
import type { BlobKey } from './blob-key.js';
import { maxReadBytes, type Append, type BlobStore, type ByteRange, type OpenBlob } from './blob-store.js';
import { closeRead, FileChunks } from './file-chunks.js';
import { storeFailure, systemCodeOf } from './store-failure.js';

const readOnly = constants.O_RDONLY;

/** Half the cost of file handles, of which a pull of a small blob opens one each. */
const openFile = promisify(openDescriptor);
const readFile = promisify(readDescriptor);

/**
 * Bytes as files, one per key, below `<folder>/<last two characters of the key>/`. Files are fsynced when written and
 * folders when a file is made, so what is acknowledged survives a power cut. Several processes may share the folder.
 */
export class FilesystemBlobStore implements BlobStore {
  private constructor(private readonly folder: string) {}

  /** Makes the folder and its 256 subfolders (mode 0700) if they are missing. */
  static async open(folder: string): Promise<FilesystemBlobStore> {
    try {
      const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
      for (let i = 0; i < 256; i++) {
        await mkdir(join(folder, i.toString(16).padStart(2, '0')), { recursive: true, mode: 0o700 });
      }
      await syncFolder(folder);
      if (firstMade !== undefined) await syncAbove(folder, dirname(firstMade));
    } catch (e) {
      throw storeFailure(e);
    }
    return new FilesystemBlobStore(folder);
  }

  async create(key: BlobKey): Promise<void> {
    try {
      const file = await open(this.pathOf(key), 'wx', 0o600);
      await file.close();
      await syncFolder(this.folderOf(key));
    } catch (e) {
      throw whenTaken(e);
    }
  }

  async append(key: BlobKey, { offset, source }: Append): Promise<number> {
    const file = await attempt(open(this.pathOf(key), 'r+'));
    return thenClosed(file, async () => {
      await attempt(cutBehind(file, offset));
      let end = offset;
      for await (const chunk of source) {
        await attempt(writeAll(file, chunk, end));
        end += chunk.byteLength;
      }
      await this.confirm(key, file);
      return end;
    });
  }

  /** Bytes are durable here since they were appended. */
  async seal(key: BlobKey, sizeBytes: number): Promise<void> {
    const { size } = await attempt(stat(this.pathOf(key)));
    if (size !== sizeBytes) throw storeFailure(new Error(`${key} holds ${size} bytes instead of ${sizeBytes}`));
  }

  /** Costs no room where the file system can clone (XFS, Btrfs, ZFS). */
  async copy(from: BlobKey, to: BlobKey, sizeBytes: number): Promise<void> {
    try {
      await copyFile(this.pathOf(from), this.pathOf(to), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    } catch (e) {
      throw whenTaken(e);
    }
    const file = await attempt(open(this.pathOf(to), 'r+'));
    await thenClosed(file, async () => {
      await attempt(cutBehind(file, sizeBytes));
      await this.confirm(to, file);
    });
    await attempt(syncFolder(this.folderOf(to)));
  }

  async open(key: BlobKey, range?: ByteRange): Promise<OpenBlob> {
    const fd = await attempt(openFile(this.pathOf(key), readOnly));
    return new FileChunks(fd, range);
  }

  async read(key: BlobKey, size: number): Promise<Buffer> {
    if (size > maxReadBytes) throw new AppError({ kind: 'bug', message: 'only a small content is read whole' });
    const fd = await attempt(openFile(this.pathOf(key), readOnly));
    try {
      const { bytesRead, buffer } = await attempt(readFile(fd, Buffer.allocUnsafe(size), 0, size, 0));
      if (bytesRead !== size) throw storeFailure(new Error(`${key} holds ${bytesRead} bytes instead of ${size}`));
      return buffer;
    } finally {
      closeRead(fd);
    }
  }

  presign(): Promise<null> {
    return Promise.resolve(null);
  }

  async size(key: BlobKey): Promise<number | null> {
    try {
      return (await stat(this.pathOf(key))).size;
    } catch (e) {
      if (systemCodeOf(e) === 'ENOENT') return null;
      throw storeFailure(e);
    }
  }

  async delete(key: BlobKey): Promise<void> {
    try {
      await unlink(this.pathOf(key));
    } catch (e) {
      if (systemCodeOf(e) !== 'ENOENT') throw storeFailure(e);
    }
  }

  /**
   * A failed fsync is final: the kernel forgets which pages it could not write, a second one would "succeed". Nobody may
   * go on behind such bytes, in no process, so the file goes.
   */
  private async confirm(key: BlobKey, file: FileHandle): Promise<void> {
    try {
      await file.sync();
    } catch (e) {
      await this.delete(key);
      throw storeFailure(e);
    }
  }

  /** Files spread over folders by the end of their key, which is random in every kind of uuid. */
  private folderOf(key: BlobKey): string {
    const end = key.slice(-2);
    return join(this.folder, /^[0-9a-f]{2}$/.test(end) ? end : '00');
  }

  private pathOf(key: BlobKey): string {
    return join(this.folderOf(key), key);
  }
}

async function attempt<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (e) {
    throw storeFailure(e);
  }
}

/** Network file systems tell only at the end that a write did not fit; what failed before is what the caller hears. */
async function thenClosed<T>(file: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    const done = await work();
    await attempt(file.close());
    return done;
  } catch (e) {
    await Promise.allSettled([file.close()]);
    throw e;
  }
}

function whenTaken(e: unknown): AppError {
  if (systemCodeOf(e) !== 'EEXIST') return storeFailure(e);
  return new AppError({ kind: 'conflict', message: 'the key of this upload is taken', cause: e });
}

async function cutBehind(file: FileHandle, offset: number): Promise<void> {
  const { size } = await file.stat();
  if (size < offset) throw new Error(`the file has ${size} bytes, fewer than the ${offset} that were acknowledged`);
  if (size > offset) await file.truncate(offset);
}

/** One `write` may take less than it was given, on a nearly full disk for instance. */
async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written, position + written);
    written += bytesWritten;
  }
}

/** The names of folders that were made on the way down to `folder` stand in those above them, up to `top`. */
async function syncAbove(folder: string, top: string): Promise<void> {
  for (let at = resolve(folder); at !== resolve(top);) {
    at = dirname(at);
    await syncFolder(at);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, readOnly);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
