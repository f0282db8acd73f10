import { assertNever, isAppError } from '@berth/errors';
import { Injectable } from '@nestjs/common';
import { RefreshTokens, type RefreshClaims } from '@berth/tokens';
import { credentialOfDevice, credentialOfService, credentialOfToken, credentialOfUser } from './credential-of.js';
import { AuthenticateDevice, type DeviceAuthentication } from './device-authentication.js';
import { AuthenticateService, type ServiceAuthentication } from './service-authentication.js';
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
    private readonly services: AuthenticateService,
    private readonly devices: AuthenticateDevice,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /** @throws AppError 'unavailable' when Postgres doesn't answer, 'rate-limited' when too many passwords are hashed */
  async execute(to: PresentedTo, presented: Presented): Promise<Authentication> {
    if (presented.kind === 'unreadable') return refused('unreadable-credential');
    if (presented.kind === 'refresh-token') return this.byRefreshToken(to, presented.refreshToken);
    const { form } = presented;
    switch (form) {
      case 'token':
        return authenticatedToken(await this.tokens.execute(to.id, presented));
      case 'fleet':
        return authenticatedDevice(await this.devices.execute(to.id, presented));
      case 'key':
        return authenticatedService(await this.services.execute(to.account, presented));
      case 'plain':
        return authenticatedUser(await this.users.execute({ account: to.account, ...presented }));
      default:
        return assertNever(form);
    }
  }

  private async byRefreshToken(to: PresentedTo, refreshToken: string): Promise<Authentication> {
    const claims = this.claimsOf(refreshToken, to.loginServer);
    if (claims === null || claims.rid !== to.id || claims.acct !== to.account) return refused('invalid-refresh-token');
    const { sub, name, slot, key: keyId, ver: version } = claims;
    const { account } = to;
    const [kind, id = ''] = sub.split(':', 2);
    switch (kind) {
      case 'token':
        return authenticatedToken(await this.tokens.again(to.id, { tokenId: id, name, slot, version }));
      case 'user':
        return authenticatedUser(await this.users.again({ account, userId: id, version }));
      case 'service':
        return authenticatedService(await this.services.again(account, { serviceId: id, keyId, version }));
      default:
        return refused('invalid-refresh-token');
    }
  }

  private claimsOf(refreshToken: string, loginServer: string): RefreshClaims | null {
    try {
      return this.refreshTokens.verify(refreshToken, loginServer);
    } catch (e) {
      if (isAppError(e) && e.kind === 'unauthenticated') return null;
      throw e;
    }
  }
}

function refused(reason: string): Authentication {
  return { kind: 'refused', reason, known: null };
}

function authenticatedToken(result: TokenAuthentication): Authentication {
  if (result.kind === 'accepted') {
    return { kind: 'accepted', credential: credentialOfToken(result.token, result.password) };
  }
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

function authenticatedUser(result: UserAuthentication): Authentication {
  if (result.kind === 'accepted') return { kind: 'accepted', credential: credentialOfUser(result.logIn) };
  const { reason, user } = result;
  return { kind: 'refused', reason, known: user === null ? null : { ref: `user:${user.id}`, name: user.name } };
}

function authenticatedService(result: ServiceAuthentication): Authentication {
  if (result.kind === 'accepted') return { kind: 'accepted', credential: credentialOfService(result.logIn) };
  const { reason, service } = result;
  if (service === null) return refused(reason);
  return { kind: 'refused', reason, known: { ref: `service:${service.id}`, name: service.name } };
}
