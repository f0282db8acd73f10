import type { AccessClaims } from '@berth/contracts';
import type { RepositoryName } from '@berth/oci';
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
}

/** Who is calling the data plane, for as long as the request takes. */
export interface DataPlaneCaller extends AdmittedToken {
  /**
   * Asks once more whether the right was taken away since the request was let in; right before a change, as a body may
   * take an hour.
   *
   * @throws AppError 'unauthenticated', the refusal recorded and its challenge on the answer; 'unavailable' when the record
   *   can't be written
   */
  confirm(): Promise<void>;
}

/** The repository of a request in the caller's registry. */
export function addressOf({ registry }: DataPlaneCaller, name: RepositoryName): RepositoryAddress {
  return { account: registry.account, registryId: registry.id, name };
}
