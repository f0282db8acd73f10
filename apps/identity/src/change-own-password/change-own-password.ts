import { AppError } from '@berth/errors';
import { tooManyRequests, type Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { accountFactsOf, type AccountAuthorized } from '../account-access.js';
import { ChosenPasswords } from '../chosen-password.js';
import { InitialPassword } from '../initial-password.js';
import { LoginLimits } from '../login-limits.js';
import { OwnUser } from '../own-user.js';
import { Report } from '../report.js';
import type { User } from '../user.js';

/** The password that was, and the one that is to be. */
export interface PasswordChange {
  readonly current: string;
  readonly password: string;
}

/** Replaces one's own password. Whoever finds an open session doesn't know the old one, and gets no further. */
@Injectable()
export class ChangeOwnPassword {
  constructor(
    private readonly own: OwnUser,
    private readonly passwords: ChosenPasswords,
    private readonly limits: LoginLimits,
    private readonly initialPassword: InitialPassword,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'denied' (the old password is wrong, with an entry in the audit log; or the caller is no user),
   *   'malformed' for a weak new one, 'rate-limited' after too many wrong ones, 'unavailable' without Postgres
   */
  async execute(caller: Caller, { current, password }: PasswordChange): Promise<void> {
    const user = await this.own.find(caller);
    const by = ownAuthority(caller, user);
    await this.prove(by, user, current);
    this.passwords.requireFitFor(user, password);
    const passwordHash = await this.passwords.hash(password);
    await this.own.setPassword(by, user, passwordHash);
    await this.initialPassword.replacedFor(user.id);
  }

  private async prove(by: AccountAuthorized, user: User, current: string): Promise<void> {
    const { address, userAgent, traceId } = by.caller;
    const attempt = this.limits.begin({ address, userAgent, traceId }, 'plain');
    if (attempt.refusedForSeconds !== null) throw tooManyRequests(attempt.refusedForSeconds);
    const { kind } = await attempt.judge(async () => {
      const isRight = await this.passwords.isRight(current, user.passwordHash);
      return { kind: isRight ? ('accepted' as const) : ('refused' as const) };
    });
    if (kind === 'accepted') return;
    await this.report.refused(accountFactsOf(by), 'wrong-password');
    throw new AppError({ kind: 'denied', code: 'wrong-password', message: 'current: is not your password' });
  }
}

/** One's own password is changed under no right but one's own. */
function ownAuthority(caller: Caller, { name, account }: User): AccountAuthorized {
  return { caller, account, action: 'users/write', resourceName: name, decidedBy: null };
}
