import { PasswordHasher } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from './definitions-copy.js';
import { LOG_IN_STORE, type LogIns, type LogInStore, type UserLogIn, type UserQuestion } from './log-in.js';
import { OneInFlight } from './one-in-flight.js';
import type { User } from './user.js';

/** Who somebody with a user's password is. `user` of a refusal: whose name was given, null when nobody has it. */
export type UserAuthentication =
  | { readonly kind: 'accepted'; readonly logIn: UserLogIn }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknown-user' | 'wrong-password' | 'password-replaced' | 'account-deleting' | 'disabled';
      readonly user: User | null;
    };

/** A name in an account, and what was presented as its password. */
export interface PresentedPassword {
  readonly account: string;
  readonly username: string;
  readonly password: string;
}

/** The password of a user that a refresh token is bound to. */
export interface BoundToPassword {
  readonly account: string;
  readonly userId: string;
  readonly version: number;
}

/**
 * Checks a user's password. Unknown names, users without a password and disabled ones cost the same hash as any other, so
 * that time tells nothing. Who is accepted is read with their groups in a query that was sent after the request came, and
 * what is copied in memory is then at least as new as the schema's.
 */
@Injectable()
export class AuthenticateUser {
  private readonly logIns: OneInFlight<UserQuestion, LogIns<UserQuestion, UserLogIn>>;

  constructor(
    @Inject(LOG_IN_STORE) store: LogInStore,
    private readonly definitions: DefinitionsCopy,
    private readonly hasher: PasswordHasher,
  ) {
    this.logIns = new OneInFlight((asked) => store.users(asked));
  }

  /**
   * @throws AppError 'unavailable' when Postgres doesn't answer, 'rate-limited' when too many passwords wait for their hash
   */
  async execute({ account, username, password }: PresentedPassword): Promise<UserAuthentication> {
    const logIn = await this.read({ by: 'name', account, name: username });
    const isRight = await this.hasher.verify(password, logIn?.user.passwordHash ?? null);
    if (logIn === null) return { kind: 'refused', reason: 'unknown-user', user: null };
    return this.judged(logIn, isRight ? null : 'wrong-password');
  }

  /**
   * Whether a user is still as a refresh token knew them: with the same password.
   *
   * @throws AppError 'unavailable' when Postgres doesn't answer
   */
  async again({ account, userId, version }: BoundToPassword): Promise<UserAuthentication> {
    const logIn = await this.read({ by: 'id', id: userId });
    if (logIn?.user.account !== account) return { kind: 'refused', reason: 'unknown-user', user: null };
    return this.judged(logIn, logIn.user.passwordVersion === version ? null : 'password-replaced');
  }

  /** Whether the user of a session may still log in. @throws AppError 'unavailable' when Postgres doesn't answer */
  async inSession({ account, userId }: Omit<BoundToPassword, 'version'>): Promise<UserAuthentication> {
    const logIn = await this.read({ by: 'id', id: userId });
    if (logIn?.user.account !== account) return { kind: 'refused', reason: 'unknown-user', user: null };
    return this.judged(logIn, null);
  }

  private judged(logIn: UserLogIn, wrong: 'wrong-password' | 'password-replaced' | null): UserAuthentication {
    const { user } = logIn;
    if (wrong !== null) return { kind: 'refused', reason: wrong, user };
    if (this.definitions.isEndingAccount(user.account)) return { kind: 'refused', reason: 'account-deleting', user };
    if (user.status === 'disabled') return { kind: 'refused', reason: 'disabled', user };
    return { kind: 'accepted', logIn };
  }

  private async read(question: UserQuestion): Promise<UserLogIn | null> {
    const { epochs, found } = await this.logIns.ask(question);
    await this.definitions.reach(epochs);
    return found(question);
  }
}
