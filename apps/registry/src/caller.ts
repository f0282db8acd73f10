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

/** Who is calling the data plane, with a valid access token that opens what the request is for. */
export interface DataPlaneCaller {
  readonly registry: AddressedRegistry;
  readonly claims: AccessClaims;
  readonly source: RequestSource;
}

/** The repository of a request in the caller's registry. */
export function addressOf({ registry }: DataPlaneCaller, name: RepositoryName): RepositoryAddress {
  return { account: registry.account, registryId: registry.id, name };
}
