import type { RepositoryPattern } from '@berth/access';

/** A registry as far as decisions need it. */
export interface RegistryRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  readonly status: 'active' | 'deleted';
  /** null = in no region; a policy for one region then never reaches it. */
  readonly region: string | null;
  readonly resourceGroup: string | null;
}

/** A namespace that somebody made known. One that a push implied has no record, and its registry's resource group. */
export interface NamespaceRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  readonly registryId: string;
  readonly name: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  /** null = that of the registry. Set once. */
  readonly resourceGroup: string | null;
}

/** Who may pull without any credential: content of these repositories, nothing else. Off without a record. */
export interface AnonymousAccessRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  readonly registryId: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  readonly repositories: readonly RepositoryPattern[];
}
