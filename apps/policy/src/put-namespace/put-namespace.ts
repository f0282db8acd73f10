import type { NamespaceDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Queryable, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { MovingAccess } from '../moving-access.js';
import { NamespaceAccess } from '../namespace-access.js';
import { NamespaceChanges } from '../namespace-changes.js';
import { NamespaceStore } from '../namespace.js';
import type { Authorized } from '../registry-access.js';

/** Which namespace, and into which resource group it goes; undefined = that is not said. */
export interface PutNamespaceRequest {
  readonly registry: string;
  readonly name: string;
  readonly resourceGroup: string | undefined;
}

/** The namespace as it is then. */
export interface NamespacePut {
  readonly namespace: NamespaceDefinition;
  readonly isNew: boolean;
}

/**
 * Makes a namespace known, or puts one into its resource group, once and for all. The same request twice changes nothing
 * more. What is pushed under a name that nobody made known lies in the resource group of its registry.
 *
 * @source IBM Cloud Container Registry "Assigning existing namespaces to resource groups": it can't be changed afterwards
 */
@Injectable()
export class PutNamespace {
  constructor(
    private readonly access: NamespaceAccess,
    private readonly moving: MovingAccess,
    private readonly namespaces: NamespaceStore,
    private readonly changes: NamespaceChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found' (registry), 'denied' (may not, or doesn't hold what others gain in the resource group; with
   *   an entry in the audit log), 'conflict' `resource-group-fixed` or `too-many-namespaces`, 'unavailable' without Postgres
   */
  async execute(caller: Caller, { registry, name, resourceGroup }: PutNamespaceRequest): Promise<NamespacePut> {
    const by = await this.access.authorize(caller, { registry, namespace: name, action: 'namespaces/write' });
    const known = await this.namespaces.find(this.db, caller.account, { registryId: by.registry.id, name });
    if (resourceGroup !== undefined && known?.resourceGroup !== resourceGroup) {
      if (known !== null && known.resourceGroup !== null) throw fixed(known.resourceGroup);
      await this.requireGainHeld(this.db, by, resourceGroup);
    }
    return this.db.transaction(async (tx) => this.put(tx, await this.access.again(tx, by), resourceGroup));
  }

  private async requireGainHeld(db: Queryable, by: Authorized, resourceGroup: string): Promise<void> {
    const { registry, resourceName: name } = by;
    if (resourceGroup === registry.resourceGroup) return;
    const { id, account, changedAt, version, status } = registry;
    // As it would be; only where it is matters, so any id does.
    const to = {
      kind: 'namespace',
      id,
      account,
      version,
      status,
      changedAt,
      registryId: id,
      name,
      resourceGroup,
    } as const;
    await this.moving.requireHeld(db, by, { kind: 'namespace', registry, to });
  }

  private async put(tx: Transaction, by: Authorized, resourceGroup: string | undefined): Promise<NamespacePut> {
    const { registry, resourceName: name } = by;
    const before = await this.namespaces.lock(tx, registry.account, { registryId: registry.id, name });
    if (before !== null) return { namespace: await this.assign(tx, by, before, resourceGroup), isNew: false };
    if (resourceGroup !== undefined) await this.requireGainHeld(tx, by, resourceGroup);
    const created = await this.changes.create(tx, by, resourceGroup ?? null);
    if (created !== null) return { namespace: created, isNew: true };
    // Somebody else made it known between the two statements: theirs is the one that goes on.
    return this.put(tx, by, resourceGroup);
  }

  private async assign(
    tx: Transaction,
    by: Authorized,
    before: NamespaceDefinition,
    resourceGroup: string | undefined,
  ): Promise<NamespaceDefinition> {
    if (resourceGroup === undefined || before.resourceGroup === resourceGroup) return before;
    if (before.resourceGroup !== null) throw fixed(before.resourceGroup);
    await this.requireGainHeld(tx, by, resourceGroup);
    return this.changes.assign(tx, by, { before, resourceGroup });
  }
}

function fixed(resourceGroup: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'resource-group-fixed',
    message: `this namespace belongs to the resource group ${resourceGroup}, and that can't be changed`,
    detail: { resourceGroup },
  });
}
