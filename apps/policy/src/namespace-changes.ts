import type { NamespaceDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DefinitionChanges } from './definition-changes.js';
import { NamespaceStore } from './namespace.js';
import type { Authorized } from './registry-access.js';

/** How many namespaces of a registry are made known at most: every decision of the account may read all of them. */
const maxNamespaces = 10_000;

/** Writes namespaces: row, audit entry and published definition in the caller's transaction, the definition last. */
@Injectable()
export class NamespaceChanges {
  constructor(
    private readonly namespaces: NamespaceStore,
    private readonly changes: DefinitionChanges,
  ) {}

  /**
   * @returns null when somebody else has made the name known meanwhile; nothing is stored then
   * @throws AppError 'conflict' `too-many-namespaces` when the registry has as many as it may
   */
  async create(tx: Transaction, by: Authorized, resourceGroup: string | null): Promise<NamespaceDefinition | null> {
    const { registry, resourceName: name } = by;
    if ((await this.namespaces.countIn(tx, registry.id)) >= maxNamespaces) throw tooMany();
    const stamp = await this.changes.stamp(tx, registry.account);
    const namespace: NamespaceDefinition = {
      kind: 'namespace',
      ...stamp,
      registryId: registry.id,
      name,
      resourceGroup,
    };
    if (!(await this.namespaces.insert(tx, namespace))) return null;
    await this.changes.tell(tx, by, { event: 'created', state: namespace });
    return namespace;
  }

  /** Puts a locked namespace into a resource group. */
  async assign(
    tx: Transaction,
    by: Authorized,
    { before, resourceGroup }: { readonly before: NamespaceDefinition; readonly resourceGroup: string },
  ): Promise<NamespaceDefinition> {
    const stamp = await this.changes.stamp(tx, before.account, before.id);
    const namespace: NamespaceDefinition = { ...before, ...stamp, resourceGroup };
    await this.namespaces.update(tx, namespace);
    const asked = `resourceGroup=${resourceGroup}`;
    await this.changes.tell(tx, by, { event: 'updated', state: namespace, asked });
    return namespace;
  }
}

function tooMany(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'too-many-namespaces',
    message: `a registry has at most ${maxNamespaces} namespaces that were made known; delete one that isn't needed`,
    detail: { max: maxNamespaces },
  });
}
