import type { NamespaceDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { visiblePatterns, type VisiblePatterns } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { decideFor, principalOf } from '../holder.js';
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
   * @throws AppError 'not-found' (registry), 'denied' (with an entry in the audit log) when the caller may see none, whatever
   *   its name; 'unavailable' without Postgres
   */
  async execute(
    caller: Caller,
    { registry: name, after, limit }: ListNamespacesRequest,
  ): Promise<NamespaceDefinition[]> {
    const { account } = caller;
    const registry = await this.registries.find(this.db, account, name);
    if (registry === null) throw noSuchRegistry();
    const holder = await this.access.holderOf(caller, [registry.id]);
    const asked = { account, registryId: registry.id, action, context: { atMs: holder.atMs } } as const;
    const visible = visiblePatterns(holder.grants, principalOf(caller), asked);
    if (showsNothing(visible)) {
      const decision = decideFor(holder, action, registry);
      const reason = decision.effect === 'deny' ? decision.reason : 'no-role-assignment';
      await this.report.refused({ caller, action, registryId: registry.id, resourceName: 'namespaces' }, reason);
      const message = decision.effect === 'deny' ? decision.message : `needs ${action}`;
      throw new AppError({ kind: 'denied', code: reason, message });
    }
    const page = { registryId: registry.id, visible, after, limit: limit + 1 };
    return this.namespaces.page(this.db, account, page);
  }
}

function showsNothing(visible: VisiblePatterns): boolean {
  if (visible.kind === 'all' || visible.allButNamespaces !== undefined) return false;
  return visible.names.length === 0 && visible.prefixes.length === 0;
}
