import { AppError } from '@berth/errors';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const sqliteBusy = 5;

/**
 * Holds a folder for one process. The lock is a lock of the kernel on a file (SQLite's, on an empty database), taken in one
 * step and gone with the process however it ends: nothing has to be cleaned up after `kill -9`, and two that start at once
 * can't both find it free. Node offers no such lock by itself.
 */
export class FolderLock {
  private constructor(private readonly database: DatabaseSync) {}

  /**
   * @throws AppError 'conflict' while somebody holds the folder, in this process or another; 'unavailable' when the file
   * can't be made
   */
  static take(folder: string): FolderLock {
    const database = new DatabaseSync(join(folder, 'lock'), { open: false });
    try {
      database.open();
      database.exec('BEGIN EXCLUSIVE');
      return new FolderLock(database);
    } catch (e) {
      if (database.isOpen) database.close();
      if (isBusy(e)) throw new AppError({ kind: 'conflict', message: `another process uses ${folder}`, cause: e });
      throw new AppError({ kind: 'unavailable', message: `can't lock ${folder}`, cause: e });
    }
  }

  release(): void {
    if (this.database.isOpen) this.database.close();
  }
}

function isBusy(e: unknown): boolean {
  return e instanceof Error && 'errcode' in e && e.errcode === sqliteBusy;
}
