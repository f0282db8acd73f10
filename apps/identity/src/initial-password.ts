import { installation } from '@berth/contracts';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The file with the generated first password of `admin`, which lasts until that password is replaced. */
export class InitialPassword {
  constructor(private readonly dataDir: string) {}

  /** Removes the file when the password that is in it is no longer the user's. */
  async replacedFor(userId: string): Promise<void> {
    if (userId === installation.adminUserId) await rm(join(this.dataDir, 'admin-password'), { force: true });
  }
}
