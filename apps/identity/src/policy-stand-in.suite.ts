import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  definitionChanged,
  definitionKey,
  installation,
  type AccountDefinition,
  type Definition,
  type RegistryDefinition,
  type RoleAssignmentDefinition,
  type ScopeMapDefinition,
} from '@berth/contracts';
import { v7 as uuidv7 } from 'uuid';

const changedAt = '2026-01-01T00:00:00.000Z';
const common = { account: installation.accountId, status: 'active', changedAt } as const;

type Unversioned<Decided extends Definition> = Omit<Decided, 'version'>;

/**
 * Answers on a port of its own as policy does: what it holds, by `/internal/changes` and `/internal/definitions`, and
 * `PUT` of a scope map. It starts as an installation does, with `admin` as Owner.
 */
export class PolicyStandIn {
  private readonly definitions = new Map<string, { definition: Definition; change: number }>();
  private readonly server: Server;
  private last = 0;
  /** Authorization headers of calls made for a caller. */
  readonly callers: (string | undefined)[] = [];
  /** Accounts of which identity said that nothing is left. */
  readonly emptiedAccounts: string[] = [];

  private constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.set<AccountDefinition>({ kind: 'account', id: installation.accountId, name: 'default', ...common });
    this.set<RegistryDefinition>({
      kind: 'registry',
      id: installation.registryId,
      name: installation.registryName,
      region: null,
      resourceGroup: null,
      plan: 'standard',
      ...common,
    });
    this.giveAdmin({ kind: 'account' });
  }

  /** Makes `admin` Owner of this scope alone. */
  giveAdmin(scope: RoleAssignmentDefinition['scope']): RoleAssignmentDefinition {
    return this.set<RoleAssignmentDefinition>({
      kind: 'role-assignment',
      id: installation.ownerAssignmentId,
      principal: `user:${installation.adminUserId}`,
      role: 'Owner',
      scope,
      ...common,
    });
  }

  static async start(): Promise<PolicyStandIn> {
    const policy = new PolicyStandIn();
    await new Promise<void>((resolve) => policy.server.listen(0, '127.0.0.1', resolve));
    return policy;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  /** Decides something: the new state of one thing, with the next version. */
  set<Decided extends Definition>(decided: Unversioned<Decided>): Decided {
    this.last += 1;
    // A definition is its parts and a version, whatever its kind.
    const definition = { ...decided, version: this.last } as unknown as Decided;
    this.definitions.set(definitionKey(definition), { definition, change: this.last });
    return definition;
  }

  /** Creates a scope map, of registry `local` where none is named, or changes its lines. */
  setScopeMap(
    name: string,
    actions: readonly string[],
    registryId: string = installation.registryId,
  ): ScopeMapDefinition {
    const known = this.scopeMap(registryId, name);
    return this.set<ScopeMapDefinition>({
      kind: 'scope-map',
      id: known?.id ?? uuidv7(),
      registryId,
      name,
      description: null,
      actions: [...actions],
      ...common,
    });
  }

  /** Deletes a scope map; it stays as a record that says so. */
  deleteScopeMap(map: ScopeMapDefinition): ScopeMapDefinition {
    return this.set<ScopeMapDefinition>({ ...map, status: 'deleted' });
  }

  private scopeMap(registryId: string | null, name: string | null): ScopeMapDefinition | null {
    for (const { definition } of this.definitions.values()) {
      if (definition.kind !== 'scope-map' || definition.status === 'deleted') continue;
      if (definition.registryId === registryId && definition.name === name) return definition;
    }
    return null;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    const body = await bodyOf(request);
    const put = /^\/api\/v1\/registries\/local\/scope-maps\/([^/]+)$/.exec(url.pathname)?.[1];
    if (put !== undefined && request.method === 'PUT') {
      this.callers.push(request.headers.authorization);
      this.setScopeMap(put, (body as { actions: string[] }).actions);
      return send(response, 201, { name: put });
    }
    const personal = /^\/internal\/registries\/([^/]+)\/personal-scope-maps$/.exec(url.pathname)?.[1];
    if (personal !== undefined) {
      this.callers.push(request.headers.authorization);
      const { actions } = body as { actions: string[] };
      const name = `personal-${createHash('sha256').update(JSON.stringify(actions)).digest('hex').slice(0, 24)}-scope-map`;
      this.setScopeMap(name, actions, this.named('registry', personal)?.id);
      return send(response, 200, { name });
    }
    if (url.pathname === '/internal/account-emptied') {
      this.emptiedAccounts.push((body as { accountId: string }).accountId);
      return send(response, 204, null);
    }
    if (url.pathname === '/internal/changes') return send(response, 200, this.changes(url));
    const kind = url.pathname.replace('/internal/definitions/', '');
    const name = url.searchParams.get('name');
    const isMap = kind === 'scope-map';
    const found = isMap ? this.scopeMap(url.searchParams.get('registry'), name) : this.named(kind, name);
    if (found === null) return send(response, 404, { code: 'unknown-definition', detail: 'there is none' });
    send(response, 200, { definition: found });
  }

  /** A registry by its name, or an account or prohibition by its id. */
  private named(kind: string, name: string | null): Definition | null {
    for (const { definition } of this.definitions.values()) {
      if (definition.kind !== kind || definition.status === 'deleted') continue;
      if ((definition.kind === 'registry' ? definition.name : definition.id) === name) return definition;
    }
    return null;
  }

  private changes(url: URL) {
    const after = Number(url.searchParams.get('after'));
    const changes = [...this.definitions.values()]
      .filter(({ change }) => change > after)
      .sort((a, b) => a.change - b.change)
      .map(({ definition, change }) => ({
        topic: definitionChanged.name,
        key: definitionKey(definition),
        change,
        data: definition,
      }));
    return { changes, upTo: this.last, more: false };
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  const text = Buffer.concat(chunks).toString();
  return text === '' ? null : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = body === null ? undefined : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}
