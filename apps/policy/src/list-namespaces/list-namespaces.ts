import type { NamespaceDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { principalOf, unknownRegistryId, visiblePatterns, type VisiblePatterns } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { decideAt, type Holder } from '../holder.js';
import { NamespaceStore } from '../namespace.js';
import { RegistryAccess } from '../registry-access.js';
import { noSuchRegistry, RegistryStore } from '../registry.js';
import { Report } from '../report.js';

/** Which page of a registry's namespaces. */
export interface ListNamespacesRequest {
  readonly registry: string;
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  /** 1..1000. */
  readonly limit: number;
}

const action = 'namespaces/list';

/** Lists the namespaces of a registry that somebody made known and the caller may see, by name. */
@Injectable()
export class ListNamespaces {
  constructor(
    private readonly access: RegistryAccess,
    private readonly registries: RegistryStore,
    private readonly namespaces: NamespaceStore,
    private readonly report: Report,
    private readonly db: Database,
  ) {}

  /**
   * @returns at most `limit + 1` namespaces: one more than the page says that there is another page
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may see none, whatever its name; 'not-found'
   *   (registry) for who would see some; 'unavailable' without Postgres
   */
  async execute(
    caller: Caller,
    { registry: name, after, limit }: ListNamespacesRequest,
  ): Promise<NamespaceDefinition[]> {
    const { account } = caller;
    const registry = await this.registries.find(this.db, account, name);
    const holder = await this.access.holderOf(caller, registry === null ? [] : [registry.id]);
    const registryId = registry?.id ?? unknownRegistryId;
    const asked = { account, registryId, action, context: { atMs: holder.atMs } } as const;
    const visible = visiblePatterns(holder.grants, principalOf(caller), asked);
    if (showsNothing(visible)) throw await this.refusal(holder, registryId);
    if (registry === null) throw noSuchRegistry();
    return this.namespaces.page(this.db, account, { registryId, visible, after, limit: limit + 1 });
  }

  private async refusal(holder: Holder, registryId: string): Promise<AppError> {
    const decision = decideAt(holder, action, { registryId, repository: null });
    const reason = decision.effect === 'deny' ? decision.reason : 'no-role-assignment';
    const told = registryId === unknownRegistryId ? null : registryId;
    await this.report.refused({ caller: holder.caller, action, registryId: told, resourceName: 'namespaces' }, reason);
    const message = decision.effect === 'deny' ? decision.message : `needs ${action}`;
    return new AppError({ kind: 'denied', code: reason, message });
  }
}

function showsNothing(visible: VisiblePatterns): boolean {
  if (visible.kind === 'all' || visible.allButNamespaces !== undefined) return false;
  return visible.names.length === 0 && visible.prefixes.length === 0;
}
