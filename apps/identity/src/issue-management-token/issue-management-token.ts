import { installation } from '@berth/contracts';
import { passwordForm } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import { notAuthenticated, parseBasic, type BasicCredentials } from '../basic-credentials.js';
import { tooManyRequests, type EntryOrigin } from '@berth/http';
import { LoginLimits } from '../login-limits.js';
import { Report, type Actor } from '../report.js';
import { AuthenticateCaller } from './authenticate-caller.js';
import { ManagementTokenIssuer, type ProvenCaller } from './management-token-issuer.js';

/** A credential as the gateway passes it on. */
export interface LogIn {
  readonly authorization: string | undefined;
  readonly origin: EntryOrigin;
}

/**
 * Turns the credential of a user or service ID into a management token, which says for a minute who is calling and never
 * what they may do. Repository tokens and devices have no business in management.
 */
@Injectable()
export class IssueManagementToken {
  constructor(
    private readonly callers: AuthenticateCaller,
    private readonly limits: LoginLimits,
    private readonly issuer: ManagementTokenIssuer,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'unauthenticated' for no good credential, all alike (with an entry in the audit log if there was
   *   one); 'unavailable' without Postgres, 'rate-limited' when too many passwords are being hashed, or
   *   came from where this one did and were wrong
   */
  async execute({ authorization, origin }: LogIn): Promise<{ token: string; expiresInSeconds: number }> {
    if (authorization === undefined) throw notAuthenticated();
    const basic = parseBasic(authorization);
    if (basic === null) {
      await this.tell(origin, this.report.nobody(''), 'unreadable-credential');
      throw notAuthenticated();
    }
    const caller = await this.prove(basic, origin);
    const issued = this.issuer.issue(caller);
    const { principal, name } = caller.credential;
    await this.report.loggedIn({ ...factsOf(origin), account: principal.account, actor: { id: principal.ref, name } });
    return issued;
  }

  private async prove(basic: BasicCredentials, origin: EntryOrigin): Promise<ProvenCaller> {
    const attempt = this.limits.begin(origin, passwordForm(basic.password));
    const nobody = this.report.nobody(basic.username);
    if (attempt.refusedForSeconds !== null) {
      await this.tell(origin, nobody, 'source-limit');
      throw tooManyRequests(attempt.refusedForSeconds);
    }
    const result = await attempt.judge(() => this.callers.execute(basic));
    if (result.kind === 'accepted') return result.caller;
    await this.tell(origin, result.known ?? nobody, result.reason);
    const wait = attempt.failed();
    throw wait === null ? notAuthenticated() : tooManyRequests(wait);
  }

  private async tell(origin: EntryOrigin, actor: Actor, reason: string): Promise<void> {
    await this.report.tokenRefused({ ...factsOf(origin), actor }, reason);
  }
}

function factsOf(origin: EntryOrigin) {
  return { account: installation.accountId, origin, registryId: null, asked: '', repository: null };
}
