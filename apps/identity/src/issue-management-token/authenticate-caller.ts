import { installation } from '@berth/contracts';
import { passwordForm } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import type { BasicCredentials } from '../basic-credentials.js';
import { credentialOfService, credentialOfUser } from '../credential-of.js';
import { DefinitionsCopy } from '../definitions-copy.js';
import type { Actor } from '../report.js';
import { AuthenticateService } from '../service-authentication.js';
import { AuthenticateUser, type PresentedPassword } from '../user-authentication.js';
import type { ProvenCaller } from './management-token-issuer.js';

/** Who calls the management API. `known` of a refusal: whose credential it was; null when it is nobody's. */
export type CallerAuthentication =
  | { readonly kind: 'accepted'; readonly caller: ProvenCaller }
  | { readonly kind: 'refused'; readonly reason: string; readonly known: Actor | null };

/**
 * Checks the credential of somebody who calls the management API. An API key says by itself whose it is. A user's name is
 * looked for in account `default`; a user of another account writes `<account>/<name>`, which no name can be by itself.
 */
@Injectable()
export class AuthenticateCaller {
  constructor(
    private readonly users: AuthenticateUser,
    private readonly services: AuthenticateService,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /** @throws AppError 'unavailable' without Postgres, 'rate-limited' when too many passwords wait for their hash */
  async execute(basic: BasicCredentials): Promise<CallerAuthentication> {
    switch (passwordForm(basic.password)) {
      case 'key':
        return this.byKey(basic);
      case 'plain':
        return this.byPassword(basic);
      default:
        return { kind: 'refused', reason: 'not-a-user', known: null };
    }
  }

  private async byKey(basic: BasicCredentials): Promise<CallerAuthentication> {
    const result = await this.services.execute(null, basic);
    if (result.kind === 'accepted') {
      return { kind: 'accepted', caller: { credential: credentialOfService(result.logIn), operator: false } };
    }
    const { reason, service } = result;
    return { kind: 'refused', reason, known: service === null ? null : actorOf('service', service) };
  }

  private async byPassword(basic: BasicCredentials): Promise<CallerAuthentication> {
    const result = await this.users.execute(this.inAccount(basic));
    if (result.kind === 'accepted') {
      const { logIn } = result;
      return { kind: 'accepted', caller: { credential: credentialOfUser(logIn), operator: logIn.user.operator } };
    }
    const { reason, user } = result;
    return { kind: 'refused', reason, known: user === null ? null : actorOf('user', user) };
  }

  /** An account that isn't known has no users: its name is looked for like any other that nobody has. */
  private inAccount({ username, password }: BasicCredentials): PresentedPassword {
    const slash = username.indexOf('/');
    const account = slash === -1 ? null : this.definitions.view.accountByName(username.slice(0, slash));
    if (account === null) return { account: installation.accountId, username, password };
    return { account: account.id, username: username.slice(slash + 1), password };
  }
}

function actorOf(kind: 'user' | 'service', { id, name }: { readonly id: string; readonly name: string }): Actor {
  return { id: `${kind}:${id}`, name };
}
