import { installation, managementAudience, type ManagementClaims } from '@berth/contracts';
import { passwordForm } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ActiveSigner } from '../active-signer.js';
import { notAuthenticated, parseBasic, type BasicCredentials } from '../basic-credentials.js';
import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import type { EntryOrigin } from '@berth/http';
import { Report, type Actor } from '../report.js';
import { SETTINGS, type Settings } from '../settings.js';
import type { User } from '../user.js';
import { AuthenticateUser } from '../user-authentication.js';

/** How long a management token lives: about as long as a change of the caller's rights may take to bite. */
export const managementTokenSeconds = 60;

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
    private readonly signer: ActiveSigner,
    private readonly report: Report,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError 'unauthenticated' for no good credential, all alike (with an entry in the audit log if there was
   *   one); 'unavailable' without Postgres, 'rate-limited' when too many passwords are being hashed
   */
  async execute({ authorization, origin }: LogIn): Promise<{ token: string; expiresInSeconds: number }> {
    if (authorization === undefined) throw notAuthenticated();
    const basic = parseBasic(authorization);
    if (basic === null) throw await this.refuse(origin, this.report.nobody(''), 'unreadable-credential');
    if (passwordForm(basic.password) !== 'plain') throw await this.refuse(origin, this.nobody(basic), 'not-a-user');
    const result = await this.users.execute(installation.accountId, basic);
    if (result.kind === 'refused') {
      const actor = result.user === null ? this.nobody(basic) : actorOf(result.user);
      throw await this.refuse(origin, actor, result.reason);
    }
    const token = this.signer.current.sign('management', this.claimsOf(result.user));
    await this.report.loggedIn(factsOf(origin, actorOf(result.user)));
    return { token, expiresInSeconds: managementTokenSeconds };
  }

  private claimsOf({ id, account, name, operator, version }: User): ManagementClaims {
    const now = secondsOf(this.clock());
    return {
      iss: this.settings.publicUrl,
      sub: `user:${id}`,
      name,
      acct: account,
      iat: now,
      nbf: now,
      exp: now + managementTokenSeconds,
      jti: randomUUID(),
      ver: { [`user:${id}`]: version },
      aud: managementAudience,
      groups: [],
      operator,
    };
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
