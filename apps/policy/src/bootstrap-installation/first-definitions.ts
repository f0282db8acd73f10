import {
  definitionChanged,
  installation,
  type AccountDefinition,
  type Definition,
  type RegistryDefinition,
  type RoleAssignmentDefinition,
} from '@berth/contracts';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@berth/foundation';

/** The states of the first definitions, and how they are told to the others. */
@Injectable()
export class FirstDefinitions {
  constructor(
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Their states as of now, with versions of their own. */
  async make(tx: Transaction): Promise<{
    account: AccountDefinition;
    registry: RegistryDefinition;
    assignment: RoleAssignmentDefinition;
  }> {
    const account = installation.accountId;
    const changedAt = new Date(this.clock()).toISOString();
    const common = async (id: string) => {
      return { id, account, version: await this.outbox.nextVersion(tx), status: 'active', changedAt } as const;
    };
    return {
      account: { kind: 'account', ...(await common(account)), name: installation.accountName },
      registry: {
        kind: 'registry',
        ...(await common(installation.registryId)),
        name: installation.registryName,
        region: null,
        resourceGroup: null,
        plan: 'standard',
      },
      assignment: {
        kind: 'role-assignment',
        ...(await common(installation.ownerAssignmentId)),
        principal: `user:${installation.adminUserId}`,
        role: 'Owner',
        scope: { kind: 'account' },
      },
    };
  }

  async publish(tx: Transaction, definitions: readonly Definition[]): Promise<void> {
    for (const definition of definitions) await this.outbox.publish(tx, definitionChanged, definition);
  }
}
