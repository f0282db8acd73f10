import { accessCovers, accessOpensCatalog } from '@berth/access';
import type { AccessClaims } from '@berth/contracts';
import { isAppError, type AppError } from '@berth/errors';
import { requestSource, tooManyRequests, type TokenBuckets } from '@berth/http';
import {
  formatChallenge,
  ociError,
  type Challenge,
  type DataPlaneRoute,
  type RepositoryName,
  type Tag,
} from '@berth/oci';
import { isExpired } from '@berth/tokens';
import type { AddressedRegistry, AdmittedToken, RequestSource } from './caller.js';
import { needOf, quarantineNeedOf, scopeOf, tagsOf, type Need } from './data-plane-need.js';
import type { Hindrance } from './hindrance.js';
import type { Report } from './report.js';
import type { TagUse, UseLimits } from './use-limits.js';

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
  /** Value of `WWW-Authenticate`; null = no other token would be better. */
  readonly challenge: string | null;
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

/** What {@link DataPlaneAccess} asks. */
export interface DataPlaneAccessParts {
  readonly tokens: TokenTrust;
  readonly uses: UseLimits;
  readonly report: Report;
  /** Address of identity's token endpoint, for challenges. */
  readonly realm: string;
  /** How many tokens that are nobody's one source may present. */
  readonly badTokens: Pick<TokenBuckets, 'take'>;
}

/** Why a token is not accepted, and whose it is if that is known. */
interface Refusal {
  readonly claims: AccessClaims | null;
  readonly reason: string;
}

/**
 * Lets a request in or not, from its access token and this service's copy of what is forbidden to everybody: identity
 * decided when it issued the token, and what was taken away since then is a minimum. Asks nobody.
 *
 * @source Docker token authentication specification; RFC 6750; docs/decisions/0003-versions-and-minima.md
 */
export class DataPlaneAccess {
  constructor(private readonly parts: DataPlaneAccessParts) {}

  /**
   * @returns the caller, or the refusal once its record is written
   * @throws AppError 'unavailable' when the record of a refusal can't be written
   */
  async admit(request: PresentedRequest): Promise<AdmittedToken | RefusedRequest> {
    const { tokens, uses } = this.parts;
    const need = needOf(request.route);
    const { registry, source, authorization } = request;
    if (authorization.length === 0) return this.challenge(request, need);
    const token = this.tokenOf(authorization, request);
    if (token.claims === null) return this.refuseBad(request, need, token);
    const { claims, isLapsed } = token;
    if (claims.rid !== registry.id || claims.acct !== registry.account) {
      return this.refuse(request, need, { claims, reason: 'other-registry' });
    }
    const tooOld = tokens.refusedBy(claims.ver, claims.iat);
    if (tooOld !== null) return this.refuse(request, need, { claims, reason: 'taken-away' });
    if (need !== null && !this.covers(claims, need)) {
      return this.quarantineReader(request, token) ?? this.refuse(request, need, { claims, reason: 'no-grant' });
    }
    if (this.isOutdated(claims, registry, need)) {
      return this.refuse(request, need, { claims, reason: 'repository-deleted' });
    }
    const isNetworkBound = uses.isNetworkBound(registry, claims, need);
    const admitted = { registry, claims, source, isLapsed, isNetworkBound, isQuarantineOnly: false };
    const hindrance = uses.hindranceOf(admitted, need, { tags: tagsOf(request.route), movesTag: false });
    if (hindrance === null) return admitted;
    return this.quarantineReader(request, token) ?? this.forbid(request, admitted, hindrance);
  }

  /**
   * Looks once more, at the end of a request that was let in, whether its right was taken away meanwhile.
   *
   * @returns the refusal once its record is written; null = still good
   * @throws AppError 'unavailable' when the record of a refusal can't be written
   */
  async confirm(request: PresentedRequest, { claims }: AdmittedToken): Promise<RefusedRequest | null> {
    const need = needOf(request.route);
    if (this.parts.tokens.refusedBy(claims.ver, claims.iat) !== null) {
      return this.refuse(request, need, { claims, reason: 'taken-away' });
    }
    if (this.isOutdated(claims, request.registry, need)) {
      return this.refuse(request, need, { claims, reason: 'repository-deleted' });
    }
    return this.confirmTags(request, { claims }, tagsOf(request.route));
  }

  /** Whether a request may write or delete these tags, of which it turned out that it would; as {@link confirm}. */
  confirmTags(
    request: PresentedRequest,
    token: Pick<AdmittedToken, 'claims'>,
    tags: readonly Tag[] | null,
  ): Promise<RefusedRequest | null> {
    return this.confirmUse(request, token, { tags, movesTag: false });
  }

  /** Whether a request may point a tag at something else, of which it turned out that it would; as {@link confirm}. */
  confirmMove(request: PresentedRequest, token: Pick<AdmittedToken, 'claims'>): Promise<RefusedRequest | null> {
    return this.confirmUse(request, token, { tags: tagsOf(request.route), movesTag: true });
  }

  /** As {@link confirmMove}, asked and not done: nothing is recorded. */
  mayReplace({ registry, source, route }: PresentedRequest, { claims }: Pick<AdmittedToken, 'claims'>): boolean {
    const onTags = { tags: tagsOf(route), movesTag: true };
    return this.parts.uses.hindranceOf({ registry, source, claims }, needOf(route), onTags) === null;
  }

  /**
   * The refusal of a token that opens what is asked for, where something stands against it, once its record is written.
   * Another token would be no better, so that none is asked for.
   */
  async forbid(
    request: PresentedRequest,
    { claims }: Pick<AdmittedToken, 'claims'>,
    { reason, words }: Hindrance,
  ): Promise<RefusedRequest> {
    await this.record(request, needOf(request.route), { claims, reason });
    const message = `requested access to the resource is denied: ${words}`;
    return { error: ociError({ code: 'DENIED', message, detail: { reason } }), challenge: null };
  }

  /** Whether a token that was let in opens another repository for reading too. */
  mayPull(token: AdmittedToken, name: RepositoryName): boolean {
    return this.parts.uses.mayPull(token, name);
  }

  /** Whether a token that was let in opens what is in quarantine in a repository. */
  mayPullQuarantined(token: AdmittedToken, name: RepositoryName): boolean {
    return this.parts.uses.mayPullQuarantined(token, name);
  }

  /** The refusal of a token that was let in, but doesn't open what was asked for, once its record is written. */
  refuseUngranted(request: PresentedRequest, { claims }: AdmittedToken): Promise<RefusedRequest> {
    return this.refuse(request, needOf(request.route), { claims, reason: 'no-grant' });
  }

  /** The refusal of a token that names an incarnation of the repository which was deleted, once its record is written. */
  refuseOutdated(request: PresentedRequest, { claims }: AdmittedToken): Promise<RefusedRequest> {
    return this.refuse(request, needOf(request.route), { claims, reason: 'repository-deleted' });
  }

  /** The refusal of an expired token that didn't start the upload, once its record is written. */
  refuseLapsed(request: PresentedRequest): Promise<RefusedRequest> {
    return this.refuse(request, needOf(request.route), { claims: null, reason: 'invalid-token' });
  }

  private async confirmUse(
    request: PresentedRequest,
    { claims }: Pick<AdmittedToken, 'claims'>,
    onTags: TagUse,
  ): Promise<RefusedRequest | null> {
    const { registry, source } = request;
    const hindrance = this.parts.uses.hindranceOf({ registry, source, claims }, needOf(request.route), onTags);
    return hindrance === null ? null : this.forbid(request, { claims }, hindrance);
  }

  /** A scanner, whose token doesn't let it pull here, or not now; null = not even what is in quarantine is open to it. */
  private quarantineReader(
    { registry, source, route }: PresentedRequest,
    { claims, isLapsed }: Pick<AdmittedToken, 'claims' | 'isLapsed'>,
  ): AdmittedToken | null {
    const need = quarantineNeedOf(route);
    if (need === null || !this.covers(claims, need) || this.isOutdated(claims, registry, need)) return null;
    const { uses } = this.parts;
    const isNetworkBound = uses.isNetworkBound(registry, claims, need);
    const admitted = { registry, claims, source, isLapsed, isNetworkBound, isQuarantineOnly: true };
    return uses.hindranceOf(admitted, need, { tags: [], movesTag: false }) === null ? admitted : null;
  }

  private tokenOf(
    authorization: readonly string[],
    { registry: { loginServer }, route }: PresentedRequest,
  ): { readonly claims: AccessClaims; readonly isLapsed: boolean } | InvalidToken {
    const { tokens } = this.parts;
    const [header = '', ...more] = authorization;
    // Two headers: which one another reader on the way looked at can't be known.
    if (more.length > 0 || !/^bearer /i.test(header)) return { claims: null, isExpired: false };
    const compact = header.slice('bearer '.length);
    const token = unlessInvalid(() => tokens.verifyAccess(compact, loginServer));
    if (token.claims !== null) return { claims: token.claims, isLapsed: false };
    // A long push doesn't die of its token's end.
    if (!token.isExpired || route.endpoint !== 'upload') return token;
    const lapsed = unlessInvalid(() => tokens.verifyLapsedAccess(compact, loginServer));
    return lapsed.claims === null ? lapsed : { claims: lapsed.claims, isLapsed: true };
  }

  private challenge({ registry }: PresentedRequest, need: Need | null): RefusedRequest {
    this.parts.report.count('challenge');
    return { error: ociError({ code: 'UNAUTHORIZED' }), challenge: this.header(registry, need, undefined) };
  }

  /** Whoever makes tokens up is slowed down; one that has only expired is no such thing. */
  private async refuseBad(
    request: PresentedRequest,
    need: Need | null,
    { isExpired: isHonest }: InvalidToken,
  ): Promise<RefusedRequest> {
    const refused = await this.refuse(request, need, { claims: null, reason: 'invalid-token' });
    const wait = isHonest ? null : this.parts.badTokens.take(requestSource(request.source.address));
    return wait === null ? refused : { error: tooManyRequests(wait), challenge: null };
  }

  private async refuse({ registry, source }: PresentedRequest, need: Need | null, refusal: Refusal) {
    await this.record({ registry, source }, need, refusal);
    if (refusal.reason !== 'no-grant') {
      return { error: ociError({ code: 'UNAUTHORIZED' }), challenge: this.header(registry, need, 'invalid_token') };
    }
    const error = ociError({ code: 'DENIED', kind: 'unauthenticated' });
    return { error, challenge: this.header(registry, need, 'insufficient_scope') };
  }

  private async record(
    { registry, source }: Pick<PresentedRequest, 'registry' | 'source'>,
    need: Need | null,
    { claims, reason }: Refusal,
  ): Promise<void> {
    const [repository, action] = need?.kind === 'repository' ? [need.name, need.purpose] : [null, null];
    const asked = scopeOf(need) ?? null;
    await this.parts.report.refused({ registry, source, claims, reason, asked, repository, action });
  }

  /** A token that could open the source of a mount, but was not asked for it, is asked for again: the mount saves a push. */
  private covers(claims: AccessClaims, need: Need): boolean {
    if (need.kind === 'catalog') return accessOpensCatalog(claims.access);
    const { name, actions, mountFrom } = need;
    if (!actions.every((action) => accessCovers(claims.access, { name, action }))) return false;
    return mountFrom === null || isNamed(claims, mountFrom) || !this.parts.tokens.couldRead(claims, mountFrom);
  }

  private isOutdated({ access, iat }: AccessClaims, { id }: AddressedRegistry, need: Need | null): boolean {
    if (need?.kind !== 'repository') return false;
    return access.some(
      (entry) =>
        entry.type === 'repository' && entry.name === need.name && this.parts.tokens.isOutdated(id, entry, iat),
    );
  }

  private header({ loginServer }: AddressedRegistry, need: Need | null, error: Challenge['error']): string {
    return formatChallenge({ realm: this.parts.realm, service: loginServer, scope: scopeOf(need), error });
  }
}

interface InvalidToken {
  readonly claims: null;
  /** It was good once. */
  readonly isExpired: boolean;
}

function unlessInvalid(verify: () => AccessClaims): { readonly claims: AccessClaims } | InvalidToken {
  try {
    return { claims: verify() };
  } catch (e) {
    if (isAppError(e) && e.kind === 'unauthenticated') return { claims: null, isExpired: isExpired(e) };
    throw e;
  }
}

function isNamed({ access }: AccessClaims, name: RepositoryName): boolean {
  return access.some((entry) => entry.type === 'repository' && entry.name === name);
}
