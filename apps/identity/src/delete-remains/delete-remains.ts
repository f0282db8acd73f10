import { PolicyFollowing } from '@berth/definitions';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { FLEET_STORE, type FleetStore } from '../fleet.js';
import { REMAINS_STORE, type RemainsStore } from '../registry-remains.js';
import { TOKEN_BATCH_STORE, type TokenBatchStore } from '../token-batch.js';
import { RemainsReport, type DecidedRegistry } from './remains-report.js';

/** Transactions for one registry in one round: a round ends, and no registry starves another. */
const maxBatches = 20;

/** How much a round deleted. */
export interface DeletedRemains {
  readonly tokens: number;
  readonly fleets: number;
}

/** Where remains are found and deleted. */
@Injectable()
export class RemainsStores {
  constructor(
    @Inject(REMAINS_STORE) readonly remains: RemainsStore,
    @Inject(TOKEN_BATCH_STORE) readonly tokens: TokenBatchStore,
    @Inject(FLEET_STORE) readonly fleets: FleetStore,
  ) {}
}

/**
 * Deletes the tokens and fleets of registries that policy has deleted, with their passwords, certificates and keys, a batch in
 * each transaction with one entry of the audit log. What is to go stands in the copy of the definitions and what is left in
 * the schema, so that any replica goes on where another stopped; a token that came late is found in a later round. No minimum
 * is raised: a registry that is deleted answers 421 to everybody.
 *
 * @source architecture "Life cycle"
 */
@Injectable()
export class DeleteRemains {
  constructor(
    private readonly policy: PolicyFollowing,
    private readonly stores: RemainsStores,
    private readonly report: RemainsReport,
    private readonly db: Database,
  ) {}

  /**
   * One round over all deleted registries.
   *
   * @param signal ends it early, after the batch under way
   * @throws AppError 'unavailable' without Postgres; the next round goes on
   */
  async round(signal?: AbortSignal): Promise<DeletedRemains> {
    const all = { tokens: 0, fleets: 0 };
    for (const registry of await this.registries()) {
      for (let batch = 0; batch < maxBatches && signal?.aborted !== true; batch += 1) {
        const deleted = await this.db.transaction((tx) => this.deleteBatch(tx, registry));
        if (deleted === null) break;
        all.tokens += deleted.tokens;
        all.fleets += deleted.fleets;
      }
    }
    return all;
  }

  private async registries(): Promise<DecidedRegistry[]> {
    const versions = new Map<string, number>();
    for (const { kind, id, status, version } of this.policy.definitions.values()) {
      if (kind === 'registry' && status === 'deleted') versions.set(id, version);
    }
    if (versions.size === 0) return [];
    const left = await this.stores.remains.registriesWithAny(this.db, [...versions.keys()]);
    return left.map((registry) => ({ ...registry, version: versions.get(registry.id) ?? 0 }));
  }

  /** Null = there is nothing left that nobody else deletes. */
  private async deleteBatch(tx: Transaction, registry: DecidedRegistry): Promise<DeletedRemains | null> {
    const { remains, tokens: tokenStore } = this.stores;
    const tokens = await remains.lockTokens(tx, registry);
    if (tokens.length === 0) return this.deleteFleet(tx, registry);
    await tokenStore.delete(tx, tokens);
    await this.report.tokensDeleted(tx, registry, tokens);
    return { tokens: tokens.length, fleets: 0 };
  }

  private async deleteFleet(tx: Transaction, registry: DecidedRegistry): Promise<DeletedRemains | null> {
    const { remains, fleets } = this.stores;
    const fleet = await remains.lockFleet(tx, registry);
    if (fleet === null) return null;
    if (await remains.deleteParts(tx, fleet)) return { tokens: 0, fleets: 0 };
    await fleets.delete(tx, fleet);
    await this.report.fleetDeleted(tx, registry, fleet);
    return { tokens: 0, fleets: 1 };
  }
}
