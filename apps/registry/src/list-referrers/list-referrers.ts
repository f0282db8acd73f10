import {
  referrerDescriptor,
  type Digest,
  type ReferrerDescriptor,
  type ReferrersQuery,
  type RepositoryName,
} from '@berth/oci';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ManifestStore } from '../manifest.js';

/** Most referrers in one answer. */
const maxPage = 500;

/** Whose referrers are wanted, and which of them. */
export interface WantedReferrers {
  readonly name: RepositoryName;
  readonly digest: Digest;
  readonly query: ReferrersQuery;
}

/** Some of the referrers, in bytewise order of their digests. */
export interface ReferrersPage {
  readonly referrers: readonly ReferrerDescriptor[];
  /** What the next page begins behind; null on the last one. */
  readonly next: { readonly n: number; readonly last: Digest } | null;
}

/**
 * Lists the manifests of a repository that refer to a digest, which need not be there itself.
 *
 * @source OCI distribution-spec 1.1 "Listing Referrers"
 */
@Injectable()
export class ListReferrers {
  constructor(private readonly manifests: ManifestStore) {}

  /** @throws AppError 'unavailable'; a repository or digest that doesn't exist has no referrers, and that is no error */
  async list(caller: DataPlaneCaller, { name, digest, query }: WantedReferrers): Promise<ReferrersPage> {
    const n = Math.min(query.n ?? maxPage, maxPage);
    if (n === 0) return { referrers: [], next: null };
    const wanted = { subject: digest, artifactType: query.artifactType };
    const page = { limit: n, after: query.last };
    const { manifests, isLast } = await this.manifests.referrers(addressOf(caller, name), wanted, page);
    const last = manifests.at(-1);
    return {
      referrers: manifests.map(referrerDescriptor),
      next: isLast || last === undefined ? null : { n, last: last.digest },
    };
  }
}
