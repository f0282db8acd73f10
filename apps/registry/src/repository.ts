import type { RepositoryName } from '@berth/oci';
import type { Queryable } from '@berth/persistence';

/** A repository as a request names it; it need not exist yet. */
export interface RepositoryAddress {
  readonly account: string;
  readonly registryId: string;
  readonly name: RepositoryName;
}

/** A repository that exists. */
export interface Repository extends RepositoryAddress {
  readonly id: string;
}

/** Which repositories there are. */
export abstract class RepositoryStore {
  /** Null when nothing was ever pushed there. */
  abstract find(db: Queryable, address: RepositoryAddress): Promise<Repository | null>;

  /** The first content that arrives makes the repository; later the same one is answered. */
  abstract ensure(tx: Queryable, repository: { address: RepositoryAddress; at: Date }): Promise<Repository>;
}
