import { namespaceOf } from '@berth/access';
import { clockLeewaySeconds, maxAccessTokenSeconds } from '@berth/contracts';
import type { RepositoryName } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';

/** A repository as a request names it; it need not exist yet. */
export interface RepositoryAddress {
  readonly account: string;
  readonly registryId: string;
  readonly name: RepositoryName;
}

/** The namespace that a name belongs to: its first segment. */
export function namespaceIn(name: RepositoryName): string {
  return namespaceOf(name) ?? name;
}

/** A repository that exists. */
export interface Repository extends RepositoryAddress {
  readonly id: string;
}

/** What is opened for a change, and by whom. */
export interface RepositoryOpening {
  readonly address: RepositoryAddress;
  /** The incarnation that the caller's token names. */
  readonly incarnation: number;
  readonly at: Date;
}

/** The last deletion of a name. */
export interface RepositoryDeletion {
  readonly address: RepositoryAddress;
  /** The incarnation from then on: a number from the sequence of versions. */
  readonly version: number;
  readonly at: Date;
}

/** A page of a list of names. */
export interface NamePage {
  /** At most so many names. */
  readonly limit: number;
  /** Only names behind this one in bytewise order; null = from the beginning. */
  readonly after: string | null;
}

/** Which repositories are wanted: those of these names, or whose names begin so. */
export interface NameSelection {
  readonly exact: readonly string[];
  readonly prefixes: readonly string[];
  /** If it is there: also all whose first segment is none of these. */
  readonly allButNamespaces?: readonly string[];
}

/**
 * How long after a deletion older tokens of the name are looked for: none of them is alive later, so that neither side
 * needs to remember a deletion for ever.
 */
export const outdatedTokenLifeMs = (maxAccessTokenSeconds + 2 * clockLeewaySeconds) * 1000;

/** Which repositories there are. */
export abstract class RepositoryStore {
  /** Null when nothing was ever pushed there, or nothing since it was deleted. */
  abstract find(db: Queryable, address: RepositoryAddress): Promise<Repository | null>;

  /**
   * The repository that a caller reads from, held until the transaction ends.
   *
   * @returns null when there is none, or the name was deleted after the caller's token was decided
   */
  abstract findFor(tx: Transaction, opening: RepositoryOpening): Promise<Repository | null>;

  /**
   * The first content that arrives makes the repository; later the same one is answered, and it stays until the
   * transaction ends.
   *
   * @returns null when the name was deleted after the caller's token was decided
   */
  abstract open(tx: Transaction, opening: RepositoryOpening): Promise<Repository | null>;

  /** Tells every replica that what it remembers of the repository may be wrong: something was moved or removed. */
  abstract raiseVersion(tx: Transaction, repository: Repository): Promise<void>;

  /**
   * Gives the name free: nothing of the repository can be reached from now on.
   *
   * @returns the repository, which has the name no more; null when there is none
   */
  abstract detach(tx: Transaction, deletion: RepositoryDeletion): Promise<Repository | null>;

  /** Names in bytewise order. */
  abstract names(
    registry: Pick<RepositoryAddress, 'account' | 'registryId'>,
    /** null = all. */
    selection: NameSelection | null,
    page: NamePage,
  ): Promise<readonly RepositoryName[]>;
}
