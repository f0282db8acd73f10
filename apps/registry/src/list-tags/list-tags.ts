import { ociError, type PageQuery, type RepositoryName } from '@berth/oci';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ManifestStore } from '../manifest.js';

/** Most tags of one answer; also when the client names no number. */
const maxPage = 1000;

/** A page of tags in bytewise order. */
export interface TagPage {
  readonly tags: readonly string[];
  /** How to ask for the next page; null on the last. */
  readonly next: { readonly n: number; readonly last: string } | null;
}

/**
 * Lists the tags of a repository, a page at a time.
 *
 * @source OCI distribution-spec 1.1 "Listing Tags"
 */
@Injectable()
export class ListTags {
  constructor(private readonly manifests: ManifestStore) {}

  /**
   * @param query `n` above 1,000 counts as 1,000; 0 answers an empty page without a next one
   * @throws AppError 'not-found' NAME_UNKNOWN when nothing was ever pushed there; 'unavailable'
   */
  async list(caller: DataPlaneCaller, name: RepositoryName, query: PageQuery): Promise<TagPage> {
    const n = Math.min(query.n ?? maxPage, maxPage);
    // One more than asked for tells whether there is a next page.
    const tags = await this.manifests.tags(addressOf(caller, name), { limit: n + 1, after: query.last });
    if (tags === null) throw ociError({ code: 'NAME_UNKNOWN' });
    const page = tags.slice(0, n);
    const last = page.at(-1);
    const isLastPage = tags.length <= n || last === undefined;
    return { tags: page, next: isLastPage ? null : { n, last } };
  }
}
