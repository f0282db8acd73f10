import type { Queryable, Transaction } from '@berth/persistence';
import type { Fleet } from './fleet.js';
import type { TokenOfBatch } from './token-batch.js';

/** Locked-out devices of a fleet that one transaction deletes, at most. */
export const devicesPerBatch = 1000;

/** A fleet as its deletion names it. */
export type FleetOfRegistry = Pick<Fleet, 'id' | 'name' | 'account'>;

/** A deleted registry that something is left of. */
export interface DeletedRegistry {
  readonly id: string;
  readonly account: string;
}

export const REMAINS_STORE = Symbol('RemainsStore');

/** What is left of deleted registries. What somebody else is changing or deleting is left out: replicas share the work. */
export interface RemainsStore {
  /** Those of these registries that have a token or a fleet. */
  registriesWithAny(db: Queryable, registryIds: readonly string[]): Promise<DeletedRegistry[]>;
  /** Some tokens, at most a batch; nobody else changes them until the transaction ends. */
  lockTokens(tx: Transaction, registry: DeletedRegistry): Promise<TokenOfBatch[]>;
  /** One fleet, and nobody else changes it until the transaction ends; null = there is none to have. */
  lockFleet(tx: Transaction, registry: DeletedRegistry): Promise<FleetOfRegistry | null>;
  /**
   * Deletes the keys of a fleet that is locked, and as many of its locked-out devices as one transaction may. Keys go first:
   * no device gets in because it is forgotten that it was locked out.
   *
   * @returns whether there may be more devices
   */
  deleteParts(tx: Transaction, fleet: FleetOfRegistry): Promise<boolean>;
}
