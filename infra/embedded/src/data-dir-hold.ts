import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '@berth/errors';
import { z } from 'zod';
import { writePrivateFile } from './private-file.js';
import { becomesTrue } from './within.js';

const holder = z.object({ pid: z.number(), isStopping: z.boolean() });

/**
 * The right to run a platform on a data folder: one process has it, and the system takes it back when that process ends,
 * however it ends. It is SQLite's lock on an empty file, as Node itself offers no lock.
 */
export class DataDirHold {
  private constructor(
    private readonly dataDir: string,
    private readonly lock: DatabaseSync,
  ) {}

  /**
   * Takes the hold. Waits up to 30 s for a holder that is stopping.
   *
   * @throws AppError 'conflict' when another process keeps it
   */
  static async take(dataDir: string): Promise<DataDirHold> {
    let lock: DatabaseSync | null = null;
    const isDecided = () => (lock = tryLock(dataDir)) !== null || !readHolder(dataDir)?.isStopping;
    await becomesTrue({ limitMs: 30_000, everyMs: 100, holds: isDecided });
    if (lock === null) {
      throw new AppError({
        kind: 'conflict',
        message: `Berth already runs on ${dataDir} (process ${readHolder(dataDir)?.pid ?? 'unknown'}): stop it first, or set BERTH_DATA_DIR to another folder.`,
      });
    }
    const hold = new DataDirHold(dataDir, lock);
    hold.describe({ isStopping: false });
    return hold;
  }

  /** Lets the next start wait for the end of this one. */
  announceStop(): void {
    this.describe({ isStopping: true });
  }

  release(): void {
    this.lock.close();
  }

  private describe({ isStopping }: { isStopping: boolean }): void {
    writePrivateFile(join(this.dataDir, 'launcher.json'), JSON.stringify({ pid: process.pid, isStopping }));
  }
}

function tryLock(dataDir: string): DatabaseSync | null {
  const lock = new DatabaseSync(join(dataDir, 'launcher.lock'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch {
    lock.close(); // "database is locked": another process has it
    return null;
  }
}

function readHolder(dataDir: string): z.infer<typeof holder> | null {
  const file = join(dataDir, 'launcher.json');
  return existsSync(file) ? holder.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}
