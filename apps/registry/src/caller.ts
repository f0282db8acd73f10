import type { AccessClaims } from '@berth/contracts';
import type { RepositoryName, Tag } from '@berth/oci';
import type { Hindrance } from './hindrance.js';
import type { RepositoryAddress } from './repository.js';

/** The registry that a request is addressed to. */
export interface AddressedRegistry {
  readonly id: string;
  readonly account: string;
  /** Its address as challenges and tokens name it: `host:port`. */
  readonly loginServer: string;
}

/** Where a request comes from, for the record. */
export interface RequestSource {
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly traceId: string | null;
}

/** Who shows a valid access token that opens what the request is for, at this moment. */
export interface AdmittedToken {
  readonly registry: AddressedRegistry;
  readonly claims: AccessClaims;
  readonly source: RequestSource;
  /**
   * The token has expired, and is good otherwise. It may only go on with the upload that it started or last continued,
   * which whoever finds the upload must see to.
   */
  readonly isLapsed: boolean;
  /** Where the client is decides what it may have, so that it is given no address of the bytes that others could use. */
  readonly isNetworkBound: boolean;
  /**
   * The token doesn't let it pull here, but what is in quarantine: nothing else may be opened for it, and that something
   * else exists is not told.
   */
  readonly isQuarantineOnly: boolean;
}

/** Who is calling the data plane, for as long as the request takes. */
export interface DataPlaneCaller extends AdmittedToken {
  /**
   * Asks once more whether the right was taken away since the request was let in; right before a change, as a body may
   * take an hour.
   *
   * @throws AppError 'unauthenticated', the refusal recorded and its challenge on the answer; 'denied' when something
   *   forbids it to everybody by now, or a condition of the token isn't met any more; 'unavailable' when the record can't be
   *   written
   */
  confirm(): Promise<void>;

  /**
   * Asks whether the token is good for tags that the request did not name, and which it is about to write or delete.
   *
   * @param tags null = nobody knows which: then a token that is bound to tags is not good for it
   * @throws AppError 'denied' if not, recorded; 'unavailable'
   */
  confirmTags(tags: readonly Tag[] | null): Promise<void>;

  /**
   * Asks whether the token is good for pointing a tag, which turned out to be there, at something else.
   *
   * @throws AppError 'denied' if not, recorded; 'unavailable'
   */
  confirmMove(): Promise<void>;

  /** Whether the token is good for changing what is there already, now: with create-only credentials it isn't. */
  mayReplace(): boolean;

  /**
   * Refuses a request that was let in, because of what people decided about the contents of the registry.
   *
   * @throws AppError 'denied', recorded, always; 'unavailable'
   */
  forbid(hindrance: Hindrance): Promise<never>;

  /** Whether the token opens another repository for reading too, now and from where the client is. */
  mayPull(name: RepositoryName): boolean;

  /** Whether the token opens what is in quarantine in a repository, now and from where the client is. */
  mayPullQuarantined(name: RepositoryName): boolean;

  /**
   * Refuses what the token turns out not to open, as if it had opened nothing.
   *
   * @throws AppError 'unauthenticated' DENIED, recorded, its challenge on the answer; always
   */
  refuseUngranted(): Promise<never>;

  /**
   * Refuses a request that was let in, because the repository's name was deleted after the token was decided.
   *
   * @throws AppError as {@link confirm}, always
   */
  refuseOutdated(): Promise<never>;

  /**
   * Refuses an expired token that was let in for an upload which is not its own.
   *
   * @throws AppError as {@link confirm}, always
   */
  refuseLapsed(): Promise<never>;
}

/** The repository of a request in the caller's registry. */
export function addressOf({ registry }: AdmittedToken, name: RepositoryName): RepositoryAddress {
  return { account: registry.account, registryId: registry.id, name };
}

/** The incarnation of the repository that the caller's token was decided on; 0 when it names none. */
export function incarnationOf({ claims }: AdmittedToken, name: RepositoryName): number {
  return claims.access.find((entry) => entry.type === 'repository' && entry.name === name)?.inc ?? 0;
}
