import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@berth/errors';

/**
 * Makes the data folder, which only its owner may enter (0700).
 *
 * @throws AppError 'conflict' for a folder that others may enter and that holds something else: it is not ours to close
 */
export function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if ((statSync(dataDir).mode & 0o077) === 0) return;
  const isOurs = readdirSync(dataDir).length === 0 || existsSync(join(dataDir, 'launcher.lock'));
  if (!isOurs) {
    throw new AppError({
      kind: 'conflict',
      message: `${dataDir} holds other things than Berth's data, and others may read it: set BERTH_DATA_DIR to an empty folder.`,
    });
  }
  chmodSync(dataDir, 0o700);
}
