import { Injectable } from '@nestjs/common';
import { parsePrincipalRef } from '@berth/policy-engine';
import { passwordForm } from '@berth/tokens';
import type { BasicCredentials } from '../basic-credentials.js';
import { DefinitionsCopy } from '../definitions-copy.js';
import type { RepositoryToken, TokenPassword } from '../repository-token.js';
import type { User } from '../user.js';
import { AuthenticateUser } from '../user-authentication.js';
import type { ProvenCredential } from './access-token.js';
import { AuthenticateToken } from './token-authentication.js';

/** Who is calling. `known` of a refusal: whose name was given; null when nobody has it. */
export type Authentication =
  | { readonly kind: 'accepted'; readonly credential: ProvenCredential }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly known: { readonly ref: string; readonly name: string } | null;
    };

/**
 * Checks a presented credential. The form of the password selects the kind of principal before anything is looked up, so
 * one kind never passes for another, and only a password that a person chose costs a slow hash.
 */
@Injectable()
export class Authenticate {
  constructor(
    private readonly tokens: AuthenticateToken,
    private readonly users: AuthenticateUser,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /** @throws AppError 'unavailable' when Postgres doesn't answer, 'rate-limited' when too many passwords are hashed */
  async execute(registry: { id: string; account: string }, basic: BasicCredentials): Promise<Authentication> {
    const form = passwordForm(basic.password);
    if (form === 'token') return this.asToken(registry.id, basic);
    if (form === 'plain') return this.asUser(registry.account, basic);
    return { kind: 'refused', reason: 'unknown-credential-form', known: null };
  }

  private async asToken(registryId: string, basic: BasicCredentials): Promise<Authentication> {
    const result = await this.tokens.execute(registryId, basic);
    if (result.kind === 'accepted')
      return { kind: 'accepted', credential: credentialOf(result.token, result.password) };
    const { reason, token } = result;
    return { kind: 'refused', reason, known: token === null ? null : { ref: `token:${token.id}`, name: token.name } };
  }

  private async asUser(account: string, basic: BasicCredentials): Promise<Authentication> {
    const result = await this.users.execute(account, basic);
    if (result.kind === 'refused') {
      const { reason, user } = result;
      return { kind: 'refused', reason, known: user === null ? null : { ref: `user:${user.id}`, name: user.name } };
    }
    await this.definitions.refresh();
    return { kind: 'accepted', credential: credentialOfUser(result.user) };
  }
}

function credentialOf(token: RepositoryToken, { slot, version, expiresAtMs }: TokenPassword): ProvenCredential {
  const ref = `token:${token.id}`;
  return {
    principal: { ref: parsePrincipalRef(ref), account: token.account, groups: [], scopeMapId: token.scopeMapId },
    name: token.name,
    slot,
    versions: { [ref]: token.version, [`slot:${token.id}/${slot}`]: version },
    endsAtMs: earlier(token.expiresAtMs, expiresAtMs),
  };
}

function credentialOfUser({ id, account, name, version }: User): ProvenCredential {
  const ref = `user:${id}`;
  return {
    principal: { ref: parsePrincipalRef(ref), account, groups: [], scopeMapId: null },
    name,
    slot: null,
    versions: { [ref]: version },
    endsAtMs: null,
  };
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
