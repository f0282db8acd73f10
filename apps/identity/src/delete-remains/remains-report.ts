import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import type { DeletedRegistry, FleetOfRegistry } from '../registry-remains.js';
import { Report } from '../report.js';
import type { TokenOfBatch } from '../token-batch.js';

/** A deleted registry, with the version of the definition that says so. */
export interface DecidedRegistry extends DeletedRegistry {
  readonly version: number;
}

/** Tells of what is deleted with its registry. Nobody asked for it: the deletion itself acts, by policy's definition. */
@Injectable()
export class RemainsReport {
  constructor(private readonly report: Report) {}

  async tokensDeleted(tx: Transaction, registry: DecidedRegistry, tokens: readonly TokenOfBatch[]): Promise<void> {
    const [first, last] = [tokens[0], tokens.at(-1)];
    await this.report.changed(tx, 'deleted', {
      ...factsOf(registry),
      action: 'tokens/delete',
      resource: `token-deletion:${first?.id}`,
      resourceName: registry.id,
      asked: `${tokens.length} tokens deleted with their registry, ${first?.name} to ${last?.name}`,
    });
  }

  async fleetDeleted(tx: Transaction, registry: DecidedRegistry, { id, name }: FleetOfRegistry): Promise<void> {
    await this.report.changed(tx, 'deleted', {
      ...factsOf(registry),
      action: 'fleets/delete',
      resource: `fleet:${id}`,
      resourceName: name,
      asked: 'deleted with its registry',
    });
  }
}

function factsOf({ account, id, version }: DecidedRegistry) {
  return {
    account,
    actor: { id: null, name: 'deletion' },
    origin: { address: null, userAgent: null, traceId: null },
    registryId: id,
    decidedBy: { kind: 'registry', id, version },
  } as const;
}
