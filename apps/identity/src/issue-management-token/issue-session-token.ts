import { installation } from '@berth/contracts';
import { tooManyRequests, type EntryOrigin } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { notAuthenticated } from '../basic-credentials.js';
import { credentialOfUser } from '../credential-of.js';
import { LoginLimits } from '../login-limits.js';
import { Report, type Actor } from '../report.js';
import { Sessions } from '../sessions.js';
import { AuthenticateUser, type UserAuthentication } from '../user-authentication.js';
import { ManagementTokenIssuer, type ProvenCaller } from './management-token-issuer.js';

/** The secret of a session as the gateway found it in a cookie. */
export interface SessionUse {
  readonly secret: string;
  readonly origin: EntryOrigin;
}

type Judged =
  | { readonly kind: 'accepted'; readonly caller: ProvenCaller }
  | { readonly kind: 'refused'; readonly reason: string; readonly known: Actor | null };

/**
 * Turns a person's session into a management token, as another use case does with a password. Logging out ends the token
 * too: it carries the session's version.
 */
@Injectable()
export class IssueSessionToken {
  constructor(
    private readonly sessions: Sessions,
    private readonly users: AuthenticateUser,
    private readonly limits: LoginLimits,
    private readonly issuer: ManagementTokenIssuer,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'unauthenticated' for no session that goes on, all alike (with an entry in the audit log), 'rate-limited'
   *   for a source that comes with such too often, 'unavailable' without Postgres
   */
  async execute({ secret, origin }: SessionUse): Promise<{ token: string; expiresInSeconds: number }> {
    const attempt = this.limits.begin(origin, null);
    const result = await attempt.judge(() => this.judge(secret));
    if (result.kind === 'refused') {
      await this.report.tokenRefused(
        { ...factsOf(origin), actor: result.known ?? this.report.nobody('') },
        result.reason,
      );
      const wait = attempt.failed();
      throw wait === null ? notAuthenticated() : tooManyRequests(wait);
    }
    const issued = this.issuer.issue(result.caller);
    const { principal, name } = result.caller.credential;
    await this.report.loggedIn({ ...factsOf(origin), account: principal.account, actor: { id: principal.ref, name } });
    return issued;
  }

  private async judge(secret: string): Promise<Judged> {
    const session = await this.sessions.use(secret);
    if (session === null) return { kind: 'refused', reason: 'no-session', known: null };
    const { account, userId } = session;
    const result = await this.users.inSession({ account, userId });
    if (result.kind === 'refused') return { kind: 'refused', reason: result.reason, known: actorOf(result) };
    const { id, version, endsAtMs } = session;
    const credential = credentialOfUser(result.logIn);
    const versions = { ...credential.versions, [`session:${id}`]: version };
    return {
      kind: 'accepted',
      caller: { credential: { ...credential, versions, endsAtMs }, operator: result.logIn.user.operator },
    };
  }
}

function actorOf({ user }: Extract<UserAuthentication, { readonly kind: 'refused' }>): Actor | null {
  return user === null ? null : { id: `user:${user.id}`, name: user.name };
}

function factsOf(origin: EntryOrigin) {
  return { account: installation.accountId, origin, registryId: null, asked: 'session', repository: null };
}
