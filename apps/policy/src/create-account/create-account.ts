import type { AccountDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountOwners } from '../account-owners.js';
import { OperatorAccess } from '../operator-access.js';
import { NewAccounts } from './new-accounts.js';

/** What is to be created. */
export interface CreateAccountRequest {
  readonly name: string;
  /** `user:<id>`, which is to be a user of this account; null = an Owner is appointed later. */
  readonly owner: string | null;
  /** Regions of an import as legacy in which access policies are not enforced yet; each once. */
  readonly legacyRegions: readonly string[];
}

const action = 'accounts/create';

/** Creates an account; one that is imported as legacy begins without enforcement in the regions it names. */
@Injectable()
export class CreateAccount {
  constructor(
    private readonly operators: OperatorAccess,
    private readonly newAccounts: NewAccounts,
    private readonly owners: AccountOwners,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'denied' (with an entry in the audit log) for who is no platform operator, 'conflict' `name-taken`
   *   or `name-held-back`, 'unavailable' without Postgres
   */
  async execute(caller: Caller, { name, owner, legacyRegions }: CreateAccountRequest): Promise<AccountDefinition> {
    await this.operators.require(caller, action, name);
    const by = { caller, action };
    return this.db.transaction(async (tx) => {
      const account = await this.newAccounts.make(tx, { name, legacyRegions, by });
      if (account === null) throw nameTaken();
      // The lock on the account's grants comes after a publication here; nobody else knows the account yet.
      if (owner !== null) await this.owners.appoint(tx, account, { owner, by });
      return account;
    });
  }
}

function nameTaken(): AppError {
  return new AppError({ kind: 'conflict', code: 'name-taken', message: 'another account has this name' });
}
