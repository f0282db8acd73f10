import { isAppError } from '@berth/errors';
import { Injectable } from '@nestjs/common';
import { parsePrincipalRef } from '@berth/policy-engine';
import { RefreshTokens, type RefreshClaims } from '@berth/tokens';
import type { BasicCredentials } from './basic-credentials.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { AuthenticateDevice, type DeviceAuthentication, type ProvenDevice } from './device-authentication.js';
import type { RepositoryToken, TokenPassword } from './repository-token.js';
import type { User } from './user.js';
import { AuthenticateUser, type UserAuthentication } from './user-authentication.js';
import type { ProvenCredential } from './proven-credential.js';
import type { Presented } from './presented-credential.js';
import { AuthenticateToken, type TokenAuthentication } from './token-authentication.js';

/** Who is calling. `known` of a refusal: whose name was given; null when nobody has it. */
export type Authentication =
  | { readonly kind: 'accepted'; readonly credential: ProvenCredential }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly known: { readonly ref: string; readonly name: string } | null;
    };

/** The registry that a credential is presented to. */
export interface PresentedTo {
  readonly id: string;
  readonly account: string;
  readonly loginServer: string;
}

/**
 * Checks a presented credential. The form of the password selects the kind of principal before anything is looked up, so
 * one kind never passes for another, and only a password that a person chose costs a slow hash.
 */
@Injectable()
export class Authenticate {
  constructor(
    private readonly tokens: AuthenticateToken,
    private readonly users: AuthenticateUser,
    private readonly devices: AuthenticateDevice,
    private readonly refreshTokens: RefreshTokens,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /** @throws AppError 'unavailable' when Postgres doesn't answer, 'rate-limited' when too many passwords are hashed */
  async execute(to: PresentedTo, presented: Presented): Promise<Authentication> {
    if (presented.kind === 'unreadable') return refused('unreadable-credential');
    if (presented.kind === 'refresh-token') return this.byRefreshToken(to, presented.refreshToken);
    const { form } = presented;
    if (form === 'token') return authenticatedToken(await this.tokens.execute(to.id, presented));
    if (form === 'fleet') return authenticatedDevice(await this.devices.execute(to.id, presented));
    if (form === 'plain') return this.byPassword(to.account, presented);
    return refused('unknown-credential-form');
  }

  private async byPassword(account: string, basic: BasicCredentials): Promise<Authentication> {
    return this.authenticatedUser(await this.users.execute(account, basic));
  }

  private async byRefreshToken(to: PresentedTo, refreshToken: string): Promise<Authentication> {
    const claims = this.claimsOf(refreshToken, to.loginServer);
    if (claims === null || claims.rid !== to.id || claims.acct !== to.account) return refused('invalid-refresh-token');
    const { sub, name, slot, ver: version } = claims;
    const [kind, id = ''] = sub.split(':', 2);
    if (kind === 'token')
      return authenticatedToken(await this.tokens.again(to.id, { tokenId: id, name, slot, version }));
    if (kind === 'user') return this.authenticatedUser(await this.users.again(to.account, { id, name, version }));
    return refused('invalid-refresh-token');
  }

  private claimsOf(refreshToken: string, loginServer: string): RefreshClaims | null {
    try {
      return this.refreshTokens.verify(refreshToken, loginServer);
    } catch (e) {
      if (isAppError(e) && e.kind === 'unauthenticated') return null;
      throw e;
    }
  }

  private async authenticatedUser(result: UserAuthentication): Promise<Authentication> {
    if (result.kind === 'refused') {
      const { reason, user } = result;
      return { kind: 'refused', reason, known: user === null ? null : { ref: `user:${user.id}`, name: user.name } };
    }
    await this.definitions.refresh();
    return { kind: 'accepted', credential: credentialOfUser(result.user) };
  }
}

function refused(reason: string): Authentication {
  return { kind: 'refused', reason, known: null };
}

function authenticatedToken(result: TokenAuthentication): Authentication {
  if (result.kind === 'accepted') return { kind: 'accepted', credential: credentialOf(result.token, result.password) };
  const { reason, token } = result;
  return { kind: 'refused', reason, known: token === null ? null : { ref: `token:${token.id}`, name: token.name } };
}

function authenticatedDevice(result: DeviceAuthentication): Authentication {
  if (result.kind === 'accepted') return { kind: 'accepted', credential: credentialOfDevice(result.device) };
  const { reason, device } = result;
  if (device === null) return refused(reason);
  const { principal, name } = credentialOfDevice(device);
  return { kind: 'refused', reason, known: { ref: principal.ref, name } };
}

/** The fleet's version stands for all that a device is decided from; the minimum of each can rise alone. */
function credentialOfDevice({ fleet, deviceId, keyId }: ProvenDevice): ProvenCredential {
  const { id, account, name, scopeMapId, version } = fleet;
  const ref = `device:${id}/${deviceId}`;
  return {
    principal: { ref: parsePrincipalRef(ref), account, groups: [], scopeMapId },
    name: `${name}/${deviceId}`,
    slot: null,
    versions: { [`fleet:${id}`]: version, [`fleet-key:${id}/${keyId}`]: version, [ref]: version },
    endsAtMs: null,
    renewableVersion: null,
  };
}

function credentialOf(token: RepositoryToken, { slot, version, expiresAtMs }: TokenPassword): ProvenCredential {
  const ref = `token:${token.id}`;
  return {
    principal: { ref: parsePrincipalRef(ref), account: token.account, groups: [], scopeMapId: token.scopeMapId },
    name: token.name,
    slot,
    versions: { [ref]: token.version, [`slot:${token.id}/${slot}`]: version },
    endsAtMs: earlier(token.expiresAtMs, expiresAtMs),
    renewableVersion: version,
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
    renewableVersion: version,
  };
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
