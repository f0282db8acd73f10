import type { AccessClaims } from '@berth/contracts';
import type { PageQuery } from '@berth/oci';
import { principalOf, type Principal } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import type { DataPlaneCaller } from '../caller.js';
import { RegistryAccess } from '../registry-access.js';
import { RepositoryStore } from '../repository.js';

/** Most repositories of one answer; also when the client names no number. */
const maxPage = 1000;

/** A page of repository names in bytewise order. */
export interface CatalogPage {
  readonly repositories: readonly string[];
  /** How to ask for the next page; null on the last. */
  readonly next: { readonly n: number; readonly last: string } | null;
}

/**
 * Lists the repositories of which the caller may read the metadata now: decided when it is read, on this service's copy of
 * the definitions, by what the token says of its principal. Others are as if they didn't exist.
 *
 * @source Docker registry HTTP API "Listing Repositories"
 */
@Injectable()
export class ListCatalog {
  constructor(
    private readonly access: RegistryAccess,
    private readonly repositories: RepositoryStore,
  ) {}

  /**
   * @param query `n` above 1,000 counts as 1,000; 0 answers an empty page without a next one
   * @throws AppError 'unavailable'
   */
  async list({ claims, registry, source }: DataPlaneCaller, query: PageQuery): Promise<CatalogPage> {
    const n = Math.min(query.n ?? maxPage, maxPage);
    const place = { registryId: registry.id, account: registry.account };
    const { selection } = this.access.visibleToPrincipal(bearerOf(claims), place, source.address);
    // One more than asked for tells whether there is a next page.
    const names = await this.repositories.names(place, selection, { limit: n + 1, after: query.last });
    const page = names.slice(0, n);
    const last = page.at(-1);
    return { repositories: page, next: names.length <= n || last === undefined ? null : { n, last } };
  }
}

/** By what the catalog is decided, as the token says it. */
function bearerOf({ sub, acct: account, groups = [], scopeMap, owner }: AccessClaims): Principal {
  const bearer = { ...principalOf({ ref: sub, account, groups }), scopeMapId: scopeMap ?? null };
  return owner === undefined
    ? bearer
    : { ...bearer, owner: principalOf({ ref: owner.id, account, groups: owner.groups }) };
}
