import type { AccountDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { parsePrincipalRef } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { AccountOwners } from '../account-owners.js';
import { accountIsDeleted, KnownAccounts } from '../known-accounts.js';
import { OperatorAccess } from '../operator-access.js';
import { Principals } from '../principals.js';

/** Who becomes Owner of which account. */
export interface AppointOwnerRequest {
  /** The account's name. */
  readonly name: string;
  /** `user:<id>`. */
  readonly owner: string;
}

const action = 'accounts/appointOwner';

/** Makes a user of an account its Owner: the first one, or another where nobody can be reached any more. */
@Injectable()
export class AppointOwner {
  constructor(
    private readonly operators: OperatorAccess,
    private readonly accounts: KnownAccounts,
    private readonly principals: Principals,
    private readonly owners: AccountOwners,
    private readonly db: Database,
  ) {}

  /**
   * Once or often.
   *
   * @throws AppError 'denied' (with an entry in the audit log) for who is no platform operator, 'not-found' for an account or
   *   a user of it that isn't there, 'conflict' `account-deleting`, 'unavailable' without Postgres or identity
   */
  async execute(caller: Caller, { name, owner }: AppointOwnerRequest): Promise<void> {
    await this.operators.require(caller, action, name);
    const { account } = await this.accounts.named(name);
    await this.requireUser(account, owner);
    await this.db.transaction(async (tx) => {
      const { isDeleting } = await this.accounts.lock(tx, account.id);
      if (isDeleting) throw accountIsDeleted();
      await this.owners.appoint(tx, account, { owner, by: { caller, action } });
    });
  }

  private async requireUser({ id }: AccountDefinition, owner: string): Promise<void> {
    const known = await this.principals.find(id, [parsePrincipalRef(owner)]);
    if (known.has(owner)) return;
    const message = `the account has no ${owner}`;
    throw new AppError({ kind: 'not-found', code: 'unknown-principal', message, detail: { principal: owner } });
  }
}
