import { accessCovers, accessOpensCatalog, dockerNameOf, type Action } from '@berth/access';
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
  /** As verifyAccess, for a token that may have expired, but whose minima are still remembered. */
  verifyLapsedAccess(compact: string, audience: string): AccessClaims;
  /** The first subject of a `ver` claim whose minimum is above it; null = none. */
  refusedBy(ver: AccessClaims['ver'], iatSeconds: number): string | null;
  /** Whether the repository's name was deleted since the token was decided. */
  isOutdated(registryId: string, entry: { name: string; inc: number }, iatSeconds: number): boolean;
  /** Whether the definitions that decided the token would let it read the repository too, if it asked. */
  couldRead(claims: AccessClaims, name: RepositoryName): boolean;
}

type Need = RepositoryNeed | { readonly kind: 'catalog' };

interface RepositoryNeed {
  readonly kind: 'repository';
  readonly name: RepositoryName;
  /** The last one is what the request is for. */
  readonly actions: readonly Action[];
  /** Where a blob shall be mounted from, if it may be read there; null = nothing is mounted. */
  readonly mountFrom: RepositoryName | null;
}

const pull: readonly Action[] = ['content/read'];
/** Who may push may pull: `content/write` alone opens nothing. */
const push: readonly Action[] = ['content/read', 'content/write'];
const list: readonly Action[] = ['metadata/read'];
const remove: readonly Action[] = ['content/delete'];

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
    const token = this.tokenOf(authorization, request);
    if (token === null) return this.refuse(request, need, { claims: null, reason: 'invalid-token' });
    const { claims, isLapsed } = token;
    if (claims.rid !== registry.id || claims.acct !== registry.account) {
      return this.refuse(request, need, { claims, reason: 'other-registry' });
    }
    const tooOld = this.tokens.refusedBy(claims.ver, claims.iat);
    if (tooOld !== null) return this.refuse(request, need, { claims, reason: 'taken-away' });
    if (need !== null && !this.covers(claims, need)) return this.refuse(request, need, { claims, reason: 'no-grant' });
    if (this.isOutdated(claims, registry, need)) {
      return this.refuse(request, need, { claims, reason: 'repository-deleted' });
    }
    return { registry, claims, source, isLapsed };
  }

  /**
   * Looks once more, at the end of a request that was let in, whether its token was taken away meanwhile.
   *
   * @returns the refusal once its record is written; null = still good
   * @throws AppError 'unavailable' when the record of a refusal can't be written
   */
  async confirm(request: PresentedRequest, { claims }: AdmittedToken): Promise<RefusedRequest | null> {
    const need = needOf(request.route);
    if (this.tokens.refusedBy(claims.ver, claims.iat) !== null) {
      return this.refuse(request, need, { claims, reason: 'taken-away' });
    }
    if (!this.isOutdated(claims, request.registry, need)) return null;
    return this.refuse(request, need, { claims, reason: 'repository-deleted' });
  }

  /** The refusal of a token that names an incarnation of the repository which was deleted, once its record is written. */
  refuseOutdated(request: PresentedRequest, { claims }: AdmittedToken): Promise<RefusedRequest> {
    return this.refuse(request, needOf(request.route), { claims, reason: 'repository-deleted' });
  }

  /** The refusal of an expired token that didn't start the upload, once its record is written. */
  refuseLapsed(request: PresentedRequest): Promise<RefusedRequest> {
    return this.refuse(request, needOf(request.route), { claims: null, reason: 'invalid-token' });
  }

  private tokenOf(
    authorization: readonly string[],
    { registry: { loginServer }, route }: PresentedRequest,
  ): Pick<AdmittedToken, 'claims' | 'isLapsed'> | null {
    const [header = '', ...more] = authorization;
    // Two headers: which one another reader on the way looked at can't be known.
    if (more.length > 0 || !/^bearer /i.test(header)) return null;
    const compact = header.slice('bearer '.length);
    const claims = unlessInvalid(() => this.tokens.verifyAccess(compact, loginServer));
    if (claims !== null) return { claims, isLapsed: false };
    // A long push doesn't die of its token's end.
    if (route.endpoint !== 'upload') return null;
    const lapsed = unlessInvalid(() => this.tokens.verifyLapsedAccess(compact, loginServer));
    return lapsed === null ? null : { claims: lapsed, isLapsed: true };
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
    const [repository, action] = need?.kind === 'repository' ? [need.name, need.actions.at(-1) ?? null] : [null, null];
    await this.report.refused({ registry, source, claims, reason, asked: scopeOf(need) ?? null, repository, action });
    if (reason !== 'no-grant') {
      return { error: ociError({ code: 'UNAUTHORIZED' }), challenge: this.header(registry, need, 'invalid_token') };
    }
    const error = ociError({ code: 'DENIED', kind: 'unauthenticated' });
    return { error, challenge: this.header(registry, need, 'insufficient_scope') };
  }

  /** A token that could open the source of a mount, but was not asked for it, is asked for again: the mount saves a push. */
  private covers(claims: AccessClaims, need: Need): boolean {
    if (need.kind === 'catalog') return accessOpensCatalog(claims.access);
    const { name, actions, mountFrom } = need;
    if (!actions.every((action) => accessCovers(claims.access, { name, action }))) return false;
    return mountFrom === null || isNamed(claims, mountFrom) || !this.tokens.couldRead(claims, mountFrom);
  }

  private isOutdated({ access, iat }: AccessClaims, { id }: AddressedRegistry, need: Need | null): boolean {
    if (need?.kind !== 'repository') return false;
    return access.some(
      (entry) => entry.type === 'repository' && entry.name === need.name && this.tokens.isOutdated(id, entry, iat),
    );
  }

  private header({ loginServer }: AddressedRegistry, need: Need | null, error: Challenge['error']): string {
    return formatChallenge({ realm: this.realm, service: loginServer, scope: scopeOf(need), error });
  }
}

function unlessInvalid(verify: () => AccessClaims): AccessClaims | null {
  try {
    return verify();
  } catch (e) {
    if (isAppError(e) && e.kind === 'unauthenticated') return null;
    throw e;
  }
}

/** `content/write` never removes, `content/delete` never writes. */
const contentActions = { GET: pull, HEAD: pull, PUT: push, DELETE: remove } as const;

/** What a route needs, or null when any valid token will do. */
function needOf(route: DataPlaneRoute): Need | null {
  switch (route.endpoint) {
    case 'manifest':
    case 'blob':
      return inRepository(route.name, contentActions[route.method]);
    case 'start-upload': {
      const { mount, from } = route.query;
      return inRepository(route.name, push, mount === null || from === route.name ? null : from);
    }
    case 'upload':
      return inRepository(route.name, push);
    case 'tags':
      return inRepository(route.name, list);
    case 'referrers':
      return inRepository(route.name, pull);
    case 'catalog':
      return { kind: 'catalog' };
    case 'base':
    case 'unsupported':
      return null;
  }
}

function inRepository(
  name: RepositoryName,
  actions: readonly Action[],
  mountFrom: RepositoryName | null = null,
): RepositoryNeed {
  return { kind: 'repository', name, actions, mountFrom };
}

function isNamed({ access }: AccessClaims, name: RepositoryName): boolean {
  return access.some((entry) => entry.type === 'repository' && entry.name === name);
}

function scopeOf(need: Need | null): string | undefined {
  if (need === null) return undefined;
  if (need.kind === 'catalog') return 'registry:catalog:*';
  const scope = scopeOn(need.name, need.actions);
  return need.mountFrom === null ? scope : `${scope} ${scopeOn(need.mountFrom, pull)}`;
}

function scopeOn(name: RepositoryName, actions: readonly Action[]): string {
  return `repository:${name}:${actions.map((action) => dockerNameOf(action) ?? '').join(',')}`;
}
