import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@berth/persistence';
import { PasswordHasher } from '@berth/tokens';
import type { BasicCredentials } from './basic-credentials.js';
import { USER_STORE, type User, type UserStore } from './user.js';

/** Who somebody with a user's password is. `user` of a refusal: whose name was given, null when nobody has it. */
export type UserAuthentication =
  | { readonly kind: 'accepted'; readonly user: User }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknown-user' | 'wrong-password' | 'password-replaced' | 'disabled';
      readonly user: User | null;
    };

/**
 * Checks a user's password. Unknown names, users without a password and disabled ones cost the same hash as any other, so
 * that time tells nothing.
 */
@Injectable()
export class AuthenticateUser {
  constructor(
    private readonly db: Database,
    @Inject(USER_STORE) private readonly users: UserStore,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * @param account where the name is looked for
   * @throws AppError 'unavailable' when Postgres doesn't answer, 'rate-limited' when too many passwords wait for their hash
   */
  async execute(account: string, { username, password }: BasicCredentials): Promise<UserAuthentication> {
    const user = await this.users.byName(this.db, account, username);
    const isRight = await this.hasher.verify(password, user?.passwordHash ?? null);
    if (user === null) return { kind: 'refused', reason: 'unknown-user', user };
    if (!isRight) return { kind: 'refused', reason: 'wrong-password', user };
    if (user.status === 'disabled') return { kind: 'refused', reason: 'disabled', user };
    return { kind: 'accepted', user };
  }

  /**
   * Whether a user is still as a refresh token knew them: the next version of a user ends what was issued before.
   *
   * @throws AppError 'unavailable' when Postgres doesn't answer
   */
  async again(account: string, bound: Pick<User, 'id' | 'name' | 'version'>): Promise<UserAuthentication> {
    const user = await this.users.byName(this.db, account, bound.name);
    if (user?.id !== bound.id) return { kind: 'refused', reason: 'unknown-user', user: null };
    if (user.version !== bound.version) return { kind: 'refused', reason: 'password-replaced', user };
    if (user.status === 'disabled') return { kind: 'refused', reason: 'disabled', user };
    return { kind: 'accepted', user };
  }
}
