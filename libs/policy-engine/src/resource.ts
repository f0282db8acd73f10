import type { RepositoryPattern } from '@berth/access';

/**
 * Stands in a decision for a registry that is not there. What is granted on the whole account reaches it and nothing narrower
 * does, so that who is not told what there is gets the same answer as about a registry in which they hold nothing.
 */
export const unknownRegistryId = '00000000-0000-0000-0000-000000000000';

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
