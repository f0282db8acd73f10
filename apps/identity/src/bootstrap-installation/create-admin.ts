import { installation } from '@berth/contracts';
import { Outbox } from '@berth/messaging';
import { Database, type Transaction } from '@berth/persistence';
import { PasswordHasher } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@berth/foundation';
import { USER_STORE, type UserStore } from '../user.js';
import { checkAdminPassword, generateAdminPassword, writeAdminPassword } from './admin-password.js';

/** Where the first password comes from and goes to. */
export interface AdminPasswordSource {
  /** As the operator set it; null = generate one. Asked only while there is no platform operator. */
  readonly configured: () => string | null;
  readonly dataDir: string;
}

/**
 * Makes sure that an installation has its first user: `admin`, platform operator, with a fixed id that policy's Owner
 * assignment names. Safe in every boot of every replica: one insert decides, and only the password of the one that
 * inserted counts.
 */
@Injectable()
export class CreateAdmin {
  constructor(
    private readonly db: Database,
    @Inject(USER_STORE) private readonly users: UserStore,
    private readonly hasher: PasswordHasher,
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @returns where a generated password was written; null when none was, because there is an operator or one was set
   * @throws AppError 'malformed' for a configured password that is too weak, 'unavailable' without Postgres
   */
  async execute({ configured, dataDir }: AdminPasswordSource): Promise<string | null> {
    if (await this.users.hasOperator(this.db)) return null;
    const given = configured();
    const password = given === null ? generateAdminPassword() : checkAdminPassword(given);
    const passwordHash = await this.hasher.hash(password);
    return this.db.transaction(async (tx) => {
      if (!(await this.insert(tx, passwordHash))) return null;
      // Before the commit: once the user exists, its password must be somewhere.
      return given === null ? writeAdminPassword(dataDir, password) : null;
    });
  }

  private async insert(tx: Transaction, passwordHash: string): Promise<boolean> {
    const version = await this.outbox.nextVersion(tx);
    const now = this.clock();
    return this.users.insert(tx, {
      id: installation.adminUserId,
      account: installation.accountId,
      name: installation.adminName,
      email: null,
      passwordHash,
      passwordVersion: version,
      status: 'enabled',
      operator: true,
      isImported: false,
      version,
      createdAtMs: now,
      changedAtMs: now,
    });
  }
}
