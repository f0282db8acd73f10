import { installation } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import type { EntryOrigin } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { LogInAttempts, type LogInAttempt } from '../log-in-attempts.js';
import { LoginLimits } from '../login-limits.js';
import { Report, type IssueFacts } from '../report.js';

/** Who may come back from the identity provider, and what the audit log is told of them. */
@Injectable()
export class LogInDoor {
  constructor(
    private readonly attempts: LogInAttempts,
    private readonly limits: LoginLimits,
    private readonly report: Report,
  ) {}

  /** @throws AppError 'rate-limited', 'malformed' */
  admit(attempt: string | null, origin: EntryOrigin): LogInAttempt {
    this.limits.admitUnauthenticated(origin);
    const begun = this.attempts.open(attempt);
    if (begun !== null) return begun;
    const message = 'this browser began no log-in in the last ten minutes: begin anew at /auth/login';
    throw new AppError({ kind: 'malformed', code: 'log-in-not-begun', message });
  }

  async tellRefusals<Result>(origin: EntryOrigin, logIn: () => Promise<Result>): Promise<Result> {
    try {
      return await logIn();
    } catch (e) {
      if (isAppError(e) && e.kind === 'denied') {
        await this.report.tokenRefused({ ...factsOf(origin), actor: this.report.nobody('') }, e.code ?? e.kind);
      }
      throw e;
    }
  }

  async tellLogIn(origin: EntryOrigin, actor: IssueFacts['actor']): Promise<void> {
    await this.report.loggedIn({ ...factsOf(origin), actor });
  }
}

function factsOf(origin: EntryOrigin): Omit<IssueFacts, 'actor'> {
  return { account: installation.accountId, origin, registryId: null, asked: 'log-in', repository: null };
}
