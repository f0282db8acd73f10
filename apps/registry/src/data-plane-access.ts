import { accessCovers, dockerNameOf, type Action } from '@berth/access';
import type { AccessClaims } from '@berth/contracts';
import { isAppError, type AppError } from '@berth/errors';
import { formatChallenge, ociError, type Challenge, type DataPlaneRoute, type RepositoryName } from '@berth/oci';
import type { AddressedRegistry, AdmittedToken, RequestSource } from './caller.js';
import type { Report } from './report.js';

/** What a request shows of itself, as far as access is concerned. */
export interface PresentedRequest {
  readonly registry: AddressedRegistry;
  readonly route: DataPlaneRoute;
  /** Every `Authorization` header of the request. */
  readonly authorization: readonly string[];
  readonly source: RequestSource;
}

/** A request that isn't let in, with what a client needs to try again. */
export interface RefusedRequest {
  readonly error: AppError;
  /** Value of `WWW-Authenticate`. */
  readonly challenge: string;
}

/** What the check needs of tokens and of what was taken away since. */
export interface TokenTrust {
  /** @throws AppError 'unauthenticated' for anything that isn't an access token of identity for this audience */
  verifyAccess(compact: string, audience: string): AccessClaims;
  /** The first subject of a `ver` claim whose minimum is above it; null = none. */
  refusedBy(ver: AccessClaims['ver'], iatSeconds: number): string | null;
}

interface Need {
  readonly name: RepositoryName;
  /** The last one is what the request is for. */
  readonly actions: readonly Action[];
}

const pull: readonly Action[] = ['content/read'];
/** Who may push may pull: `content/write` alone opens nothing. */
const push: readonly Action[] = ['content/read', 'content/write'];
const list: readonly Action[] = ['metadata/read'];

/**
 * Lets a request in or not, from its access token alone: identity decided when it issued it, and what was taken away since
 * then is a minimum. Asks nobody.
 *
 * @source Docker token authentication specification; RFC 6750; docs/decisions/0003-versions-and-minima.md
 */
export class DataPlaneAccess {
  constructor(
    private readonly tokens: TokenTrust,
    private readonly report: Report,
    /** Address of identity's token endpoint, for challenges. */
    private readonly realm: string,
  ) {}

  /**
   * @returns the caller, or the refusal once its record is written
   * @throws AppError 'unavailable' when the record of a refusal can't be written
   */
  async admit(request: PresentedRequest): Promise<AdmittedToken | RefusedRequest> {
    const need = needOf(request.route);
    const { registry, source, authorization } = request;
    if (authorization.length === 0) return this.challenge(request, need);
    const claims = this.claimsOf(authorization, registry);
    if (claims === null) return this.refuse(request, need, { claims: null, reason: 'invalid-token' });
    if (claims.rid !== registry.id || claims.acct !== registry.account) {
      return this.refuse(request, need, { claims, reason: 'other-registry' });
    }
    const tooOld = this.tokens.refusedBy(claims.ver, claims.iat);
    if (tooOld !== null) return this.refuse(request, need, { claims, reason: 'taken-away' });
    if (need !== null && !covers(claims, need)) return this.refuse(request, need, { claims, reason: 'no-grant' });
    return { registry, claims, source };
  }

  /**
   * Looks once more, at the end of a request that was let in, whether its token was taken away meanwhile.
   *
   * @returns the refusal once its record is written; null = still good
   * @throws AppError 'unavailable' when the record of a refusal can't be written
   */
  async confirm(request: PresentedRequest, { claims }: AdmittedToken): Promise<RefusedRequest | null> {
    if (this.tokens.refusedBy(claims.ver, claims.iat) === null) return null;
    return this.refuse(request, needOf(request.route), { claims, reason: 'taken-away' });
  }

  private claimsOf(authorization: readonly string[], registry: AddressedRegistry): AccessClaims | null {
    const [header = '', ...more] = authorization;
    // Two headers: which one another reader on the way looked at can't be known.
    if (more.length > 0 || !/^bearer /i.test(header)) return null;
    try {
      return this.tokens.verifyAccess(header.slice('bearer '.length), registry.loginServer);
    } catch (e) {
      if (isAppError(e) && e.kind === 'unauthenticated') return null;
      throw e;
    }
  }

  private challenge({ registry }: PresentedRequest, need: Need | null): RefusedRequest {
    this.report.count('challenge');
    return { error: ociError({ code: 'UNAUTHORIZED' }), challenge: this.header(registry, need, undefined) };
  }

  private async refuse(
    { registry, source }: PresentedRequest,
    need: Need | null,
    { claims, reason }: { claims: AccessClaims | null; reason: string },
  ): Promise<RefusedRequest> {
    const [repository, action] = [need?.name ?? null, need?.actions.at(-1) ?? null];
    await this.report.refused({ registry, source, claims, reason, asked: scopeOf(need) ?? null, repository, action });
    if (reason !== 'no-grant') {
      return { error: ociError({ code: 'UNAUTHORIZED' }), challenge: this.header(registry, need, 'invalid_token') };
    }
    const error = ociError({ code: 'DENIED', kind: 'unauthenticated' });
    return { error, challenge: this.header(registry, need, 'insufficient_scope') };
  }

  private header({ loginServer }: AddressedRegistry, need: Need | null, error: Challenge['error']): string {
    return formatChallenge({ realm: this.realm, service: loginServer, scope: scopeOf(need), error });
  }
}

/** What a route needs, or null when any valid token will do. */
function needOf(route: DataPlaneRoute): Need | null {
  switch (route.endpoint) {
    case 'manifest':
    case 'blob':
      return { name: route.name, actions: route.method === 'GET' || route.method === 'HEAD' ? pull : push };
    case 'start-upload':
    case 'upload':
      return { name: route.name, actions: push };
    case 'tags':
      return { name: route.name, actions: list };
    case 'referrers':
      return { name: route.name, actions: pull };
    case 'base':
    case 'catalog':
    case 'unsupported':
      return null;
  }
}

function covers({ access }: AccessClaims, { name, actions }: Need): boolean {
  return actions.every((action) => accessCovers(access, { name, action }));
}

function scopeOf(need: Need | null): string | undefined {
  if (need === null) return undefined;
  return `repository:${need.name}:${need.actions.map((action) => dockerNameOf(action) ?? '').join(',')}`;
}
