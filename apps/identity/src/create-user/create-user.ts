import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountAccess, type AccountAuthorized } from '../account-access.js';
import { ChosenPasswords } from '../chosen-password.js';
import { NamedDefinitions } from '../named-definitions.js';
import { nameTaken } from '../principal-address.js';
import type { User } from '../user.js';
import { UserChanges } from '../user-changes.js';

/** Who is to be created. */
export interface NewUserRequest {
  readonly name: string;
  /** Null = no log-in by password until one is set. */
  readonly password: string | null;
  readonly email: string | null;
  /** Null = the caller's. */
  readonly account: string | null;
  readonly imported: boolean;
}

/** Creates a user, who holds nothing until somebody gives them something. */
@Injectable()
export class CreateUser {
  constructor(
    private readonly access: AccountAccess,
    private readonly named: NamedDefinitions,
    private readonly passwords: ChosenPasswords,
    private readonly changes: UserChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'denied' (may not write users; another account or an imported user, and no platform operator),
   *   'malformed' for a weak password or an account that is not there, 'conflict' when the name is taken, 'rate-limited' when
   *   too many passwords are being hashed, 'unavailable' without Postgres
   */
  async execute(caller: Caller, request: NewUserRequest): Promise<User> {
    const { name, password, email, imported: isImported } = request;
    const by = await this.authorize(caller, request);
    const passwordHash = password === null ? null : await this.passwords.hash(password);
    const wish = { account: by.account, name, email, passwordHash, isImported };
    const user = await this.db.transaction((tx) => this.changes.create(tx, by, wish));
    if (user === null) throw nameTaken(name);
    return user;
  }

  private async authorize(caller: Caller, { name, account, imported }: NewUserRequest): Promise<AccountAuthorized> {
    if (account === null || account === caller.account) {
      const by = await this.access.authorize(caller, { action: 'users/write', resourceName: name });
      if (imported) await this.access.requireOperator(by);
      return by;
    }
    const by: AccountAuthorized = { caller, account, action: 'users/write', resourceName: name, decidedBy: null };
    await this.access.requireOperator({ ...by, account: caller.account });
    if ((await this.named.account(account)) !== null) return by;
    throw new AppError({ kind: 'malformed', code: 'unknown-account', message: 'there is no such account' });
  }
}
