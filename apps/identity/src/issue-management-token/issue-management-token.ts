import { installation } from '@berth/contracts';
import { passwordForm } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import { notAuthenticated, parseBasic, type BasicCredentials } from '../basic-credentials.js';
import { tooManyRequests, type EntryOrigin } from '@berth/http';
import { LoginLimits } from '../login-limits.js';
import { Report, type Actor } from '../report.js';
import type { User } from '../user.js';
import { AuthenticateUser } from '../user-authentication.js';
import { ManagementTokenIssuer, managementTokenSeconds } from './management-token-issuer.js';

/** A credential as the gateway passes it on. */
export interface LogIn {
  readonly authorization: string | undefined;
  readonly origin: EntryOrigin;
}

/**
 * Turns a user's name and password into a management token, which says for a minute who is calling and never what they
 * may do. Repository tokens have no business in management.
 */
@Injectable()
export class IssueManagementToken {
  constructor(
    private readonly users: AuthenticateUser,
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
    if (basic === null) throw await this.refuse(origin, this.report.nobody(''), 'unreadable-credential');
    if (passwordForm(basic.password) !== 'plain') throw await this.refuse(origin, this.nobody(basic), 'not-a-user');
    const user = await this.prove(basic, origin);
    const token = this.issuer.issue(user);
    await this.report.loggedIn(factsOf(origin, actorOf(user)));
    return { token, expiresInSeconds: managementTokenSeconds };
  }

  private async prove(basic: BasicCredentials, origin: EntryOrigin): Promise<User> {
    const attempt = this.limits.begin(origin, 'plain');
    if (attempt.refusedForSeconds !== null) {
      await this.refuse(origin, this.nobody(basic), 'source-limit');
      throw tooManyRequests(attempt.refusedForSeconds);
    }
    const result = await attempt.judge(() => this.users.execute(installation.accountId, basic));
    if (result.kind === 'accepted') return result.user;
    const actor = result.user === null ? this.nobody(basic) : actorOf(result.user);
    throw await this.refuse(origin, actor, result.reason);
  }

  private async refuse(origin: EntryOrigin, actor: Actor, reason: string): Promise<Error> {
    await this.report.tokenRefused(factsOf(origin, actor), reason);
    return notAuthenticated();
  }

  private nobody({ username }: BasicCredentials): Actor {
    return this.report.nobody(username);
  }
}

function actorOf({ id, name }: User): Actor {
  return { id: `user:${id}`, name };
}

function factsOf(origin: EntryOrigin, actor: Actor) {
  return { account: installation.accountId, actor, origin, registryId: null, asked: '', repository: null };
}
