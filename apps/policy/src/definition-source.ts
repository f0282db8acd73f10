import type { Definition } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';

/** Definitions for questions that start from no caller: who holds anything, and scope maps. */
export abstract class DefinitionSource {
  /** Every principal and group that a role assignment or access policy of the account names, once each. */
  abstract holdersIn(db: Queryable, account: string): Promise<string[]>;
  /** The account's scope maps with these ids. */
  abstract scopeMaps(db: Queryable, account: string, ids: readonly string[]): Promise<Definition[]>;
  /** All scope maps of a registry of the account. */
  abstract scopeMapsIn(db: Queryable, account: string, registryId: string): Promise<Definition[]>;
}
