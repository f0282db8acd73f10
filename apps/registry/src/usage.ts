import type { RepositoryName } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';
import type { RepositoryAddress } from './repository.js';

/** What a namespace and its registry take more; they differ, as a blob may be in another namespace already. */
export interface Growth {
  readonly namespaceBytes: number;
  readonly registryBytes: number;
}

/** What takes nothing: it is there already. */
export const noGrowth: Growth = { namespaceBytes: 0, registryBytes: 0 };

/** Of content that is kept in every repository by itself. */
export function growthBy(bytes: number): Growth {
  return { namespaceBytes: bytes, registryBytes: bytes };
}

/** What is counted of a registry, or of a namespace of one. */
export interface StorageUsage {
  /** null = the whole registry. */
  readonly namespace: string | null;
  /**
   * Bytes of the blobs that are linked in it, or were and have not been looked at since, each once, and of its manifests, in
   * each repository.
   */
  readonly usedBytes: number;
  /** Bytes that uploads have been promised and don't use yet. */
  readonly reservedBytes: number;
}

/** How the counters of a repository's namespace and registry change; each may be negative. */
export interface UsageChange {
  readonly used: Growth;
  readonly reservedBytes: number;
}

/** What one repository takes: bytes of its blobs and manifests. */
export interface RepositoryUsage {
  readonly name: string;
  readonly usedBytes: number;
}

type Registry = Pick<RepositoryAddress, 'account' | 'registryId'>;

/**
 * How much registries and namespaces hold. The counters change in the transaction of what they count, as its last step: they
 * are what all pushes of a registry share, and nobody waits for another lock while holding them. First the namespace's, then
 * the registry's.
 */
export abstract class UsageStore {
  /** @returns the counters as they are then, the namespace's and the registry's */
  abstract change(tx: Transaction, address: RepositoryAddress, change: UsageChange): Promise<readonly StorageUsage[]>;

  /** Makes the counters of a repository's namespace and registry, at zero, where nothing was counted yet. */
  abstract begin(tx: Transaction, address: RepositoryAddress): Promise<void>;

  /**
   * Forgets the counters of a registry that has ended, those that are zero.
   *
   * @returns how many
   */
  abstract forget(registry: Registry): Promise<number>;

  /** The counters of a repository's namespace and registry, as they were committed, of those that have begun. */
  abstract around(db: Queryable, address: RepositoryAddress): Promise<readonly StorageUsage[]>;

  /** The registry and its namespaces, those that take most first; at most `limit` and those that are named. */
  abstract ofRegistry(
    registry: Registry,
    namespaces: { readonly limit: number; readonly named: readonly string[] },
  ): Promise<readonly StorageUsage[]>;

  /** Those that exist, in bytewise order of their names. */
  abstract ofRepositories(registry: Registry, names: readonly RepositoryName[]): Promise<readonly RepositoryUsage[]>;
}
