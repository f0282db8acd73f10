import {
  groupMembersAnswer,
  importedUsersAnswer,
  principalsAnswer,
  scopeMapHoldersAnswer,
  type PrincipalRecord,
  type PrincipalsRequest,
} from '@berth/contracts';
import type { InternalClient } from '@berth/http';
import { parsePrincipalRef, type PrincipalRef } from '@berth/policy-engine';
import { Principals, type IdentityPage, type KnownPrincipal, type ScopeMapHolder } from './principals.js';

const atOnce = 1000;

/** Asks identity who principals are. */
export class IdentityPrincipals extends Principals {
  constructor(private readonly identity: InternalClient) {
    super();
  }

  async find(account: string, refs: readonly PrincipalRef[]): Promise<ReadonlyMap<string, KnownPrincipal>> {
    if (refs.length === 0) return new Map();
    const body: PrincipalsRequest = { principals: [...refs] };
    const request = { method: 'POST', path: '/internal/principals', body } as const;
    const { principals } = await this.identity.sendJson(request, { schema: principalsAnswer });
    const ofAccount = principals.filter((each) => each.account === account);
    return new Map(ofAccount.map((each) => [each.ref, knownOf(each)]));
  }

  async membersOf(account: string, group: PrincipalRef): Promise<PrincipalRef[]> {
    const path = `/internal/groups/${encodeURIComponent(group.slice('group:'.length))}/members`;
    return allPages(async (query) => {
      const { items, next } = await this.identity.getJson(`${path}?${query}`, { schema: groupMembersAnswer });
      const ofAccount = items.filter((each) => each.account === account);
      return { items: ofAccount.map(({ ref }) => parsePrincipalRef(ref)), next };
    });
  }

  async importedUsersOf(account: string): Promise<PrincipalRef[]> {
    const path = `/internal/accounts/${encodeURIComponent(account)}/imported-users`;
    return allPages(async (query) => {
      const { items, next } = await this.identity.getJson(`${path}?${query}`, { schema: importedUsersAnswer });
      return { items: items.map(parsePrincipalRef), next };
    });
  }

  async holdersOf(
    account: string,
    scopeMapId: string,
    page: IdentityPage,
  ): Promise<{ items: ScopeMapHolder[]; next: string | null }> {
    const path = `/internal/scope-maps/${encodeURIComponent(scopeMapId)}/holders?${queryOf(page)}`;
    const { items, next } = await this.identity.getJson(path, { schema: scopeMapHoldersAnswer });
    const ofAccount = items.filter((each) => each.account === account);
    return {
      items: ofAccount.map(({ kind, id, name, status, owner }) => {
        return { ref: `${kind}:${id}`, name, isEnabled: status === 'enabled', hasOwner: owner !== null };
      }),
      next,
    };
  }
}

async function allPages<Item>(
  read: (query: string) => Promise<{ readonly items: readonly Item[]; readonly next: string | null }>,
): Promise<Item[]> {
  const all: Item[] = [];
  let after: string | null = null;
  do {
    const { items, next } = await read(queryOf({ limit: atOnce, after }));
    all.push(...items);
    after = next;
  } while (after !== null);
  return all;
}

function queryOf({ after, limit }: IdentityPage): string {
  return new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after }) }).toString();
}

function knownOf(record: PrincipalRecord): KnownPrincipal {
  const { ref, name, account, status, groups, imported, scopeMapId, owner } = record;
  const principal = {
    ref: parsePrincipalRef(ref),
    account,
    groups: groups.map(parsePrincipalRef),
    scopeMapId,
    isImported: imported,
  };
  const refusal = status === 'enabled' ? null : (record.refusal ?? 'principal-disabled');
  if (owner === null) return { principal, name, refusal };
  const backing = {
    ref: parsePrincipalRef(owner.ref),
    account,
    groups: owner.groups.map(parsePrincipalRef),
    scopeMapId: null,
    isImported: owner.imported,
  };
  return { principal: { ...principal, owner: backing }, name, refusal };
}
