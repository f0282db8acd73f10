import { installation, type AccountDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Queryable } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { Deletions } from '../deletions.js';
import { KnownAccounts } from '../known-accounts.js';
import { OperatorAccess } from '../operator-access.js';
import { RegistryStore } from '../registry.js';

const action = 'accounts/delete';

/**
 * Deletes an account without registries: everything in it is refused at once and nobody of it logs in any more; then identity
 * removes its principals, and at last the account itself goes. Its name is held back after that.
 */
@Injectable()
export class DeleteAccount {
  constructor(
    private readonly operators: OperatorAccess,
    private readonly accounts: KnownAccounts,
    private readonly registries: RegistryStore,
    private readonly deletions: Deletions,
    private readonly db: Database,
  ) {}

  /**
   * Once or often.
   *
   * @throws AppError 'denied' (with an entry in the audit log) for who is no platform operator, 'not-found', 'conflict'
   *   `account-in-use` with the number of its registries, `first-account`, or `own-account`; 'unavailable' without Postgres
   */
  async execute(caller: Caller, name: string): Promise<void> {
    await this.operators.require(caller, action, name);
    const { account } = await this.accounts.named(name);
    requireDeletable(caller, account);
    await this.db.transaction(async (tx) => {
      const { isDeleting } = await this.accounts.lock(tx, account.id);
      if (isDeleting) return;
      await this.requireEmpty(tx, account);
      await this.deletions.start(tx, { caller, action, decidedBy: null }, account);
    });
  }

  /** Registries hold other people's content: each is deleted by itself, on purpose. */
  private async requireEmpty(db: Queryable, { id }: AccountDefinition): Promise<void> {
    const registries = await this.registries.count(db, id);
    if (registries === 0) return;
    throw new AppError({
      kind: 'conflict',
      code: 'account-in-use',
      message: `the account has ${registries} ${registries === 1 ? 'registry' : 'registries'}, to be deleted first`,
      detail: { registries },
    });
  }
}

/** Who deletes their own account would leave nobody who can see how far that is, and perhaps no operator. */
function requireDeletable(caller: Caller, { id }: AccountDefinition): void {
  if (id === installation.accountId) throw refused('first-account', 'the account that everything began with stays');
  if (id === caller.account) throw refused('own-account', 'you are of this account; an operator of another deletes it');
}

function refused(code: string, message: string): AppError {
  return new AppError({ kind: 'conflict', code, message });
}
