import { createServer, type IncomingMessage, type Server } from 'node:http';
import {
  installation,
  signingKeyChanged,
  type PrincipalRecord,
  type PrincipalsRequest,
  type ScopeMapHolder,
} from '@berth/contracts';
import type { generateSigningKey } from '@berth/tokens';

/** What identity knows, as a spec says it. */
export interface IdentityStandIn {
  /** How many tokens every scope map has; null = identity doesn't answer. */
  tokens: number | null;
  principals: PrincipalRecord[];
  /** Whoever else is asked about is one of this account; null = there is nobody else. */
  othersAreOf: string | null;
  /** What an answer about principals, groups or tokens waits for; null = nothing. */
  gate: Promise<void> | null;
  /** How often anything of that was asked. */
  asked: number;
  /** Of groups, by the group's id. */
  readonly members: Map<string, PrincipalRecord[]>;
  /** Of the accounts that were imported, by their id. */
  readonly imported: Map<string, string[]>;
  /** Of scope maps, by their id. */
  readonly holders: Map<string, ScopeMapHolder[]>;
}

/** An identity in which whoever is asked about is one of the installation's account. */
export function emptyIdentity(): IdentityStandIn {
  const lists = { principals: [], members: new Map(), holders: new Map(), imported: new Map() };
  return { tokens: 0, othersAreOf: installation.accountId, gate: null, asked: 0, ...lists };
}

/** A principal of the installation's account as identity answers it. */
export function recordOf(ref: string, given: Partial<PrincipalRecord> = {}): PrincipalRecord {
  return {
    ...{ ref, name: ref.slice(0, 12), account: installation.accountId, status: 'enabled', groups: [], imported: false },
    ...{ registryId: null, scopeMapId: null, owner: null },
    ...given,
  };
}

/** What policy asks of identity: changes (one active key), how many tokens a scope map has, and who principals are. */
export async function startIdentityStandIn(
  identity: IdentityStandIn,
  internalKey: string,
  signing: ReturnType<typeof generateSigningKey>,
): Promise<Server> {
  const { kid, publicJwk } = signing;
  const key = { kid, alg: 'ES256', publicJwk, status: 'active', version: 1, changedAt: '2026-01-01T00:00:00.000Z' };
  const changes = [{ topic: signingKeyChanged.name, key: kid, change: 1, data: key }];
  const server = createServer((request, response) => {
    void (async () => {
      const url = request.url ?? '';
      if (request.headers['berth-internal'] !== internalKey) response.writeHead(404).end();
      else if (url.startsWith('/internal/changes')) response.end(JSON.stringify({ changes, upTo: 1, more: false }));
      else if (identity.tokens === null) response.destroy();
      else {
        const body = await bodyOf(request);
        identity.asked += 1;
        await identity.gate;
        response.end(JSON.stringify(answerOf(identity, url, body)));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function answerOf(identity: IdentityStandIn, url: string, body: string): unknown {
  const [, what = '', id = '', list = ''] = /^\/internal\/([\w-]+)(?:\/([^/]+)\/([\w-]+))?/.exec(url) ?? [];
  if (what === 'principals') {
    const { principals } = JSON.parse(body) as PrincipalsRequest;
    return { principals: principals.flatMap((ref) => knownAs(identity, ref) ?? []) };
  }
  if (what === 'groups') return { items: identity.members.get(id) ?? [], next: null };
  if (list === 'imported-users') return { items: identity.imported.get(id) ?? [], next: null };
  if (list !== 'holders') return { count: identity.tokens };
  return { items: identity.holders.get(decodeURIComponent(id)) ?? [], next: null };
}

function knownAs({ principals, othersAreOf }: IdentityStandIn, ref: string): PrincipalRecord | null {
  const known = principals.find((each) => each.ref === ref);
  if (known !== undefined) return known;
  return othersAreOf === null ? null : recordOf(ref, { account: othersAreOf });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
