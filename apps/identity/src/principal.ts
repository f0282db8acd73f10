import type { PrincipalRecord, ScopeMapHolder } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';

export const PRINCIPAL_STORE = Symbol('PrincipalStore');

/** A page of who has a scope map, by kind and name; `after` is the `<kind>/<name>` of the last of the page before. */
export interface HolderPage {
  readonly scopeMapId: string;
  readonly after: string | null;
  readonly limit: number;
}

/** A page of who is in a group, by `<kind>:<id>`. */
export interface GroupMemberPage {
  readonly groupId: string;
  readonly after: string | null;
  readonly limit: number;
}

/** A page of an account's users, by id. */
export interface ImportedUserPage {
  readonly account: string;
  readonly after: string | null;
  readonly limit: number;
}

/** Principals of all kinds as other services ask for them: bound to no account, keyed by ids. */
export interface PrincipalStore {
  /** Those that are there, in any order. @param refs 0..1000 of `<kind>:<id>`; one that no principal can have finds none */
  find(db: Queryable, refs: readonly string[]): Promise<PrincipalRecord[]>;
  /** In the order of their refs. */
  members(db: Queryable, page: GroupMemberPage): Promise<PrincipalRecord[]>;
  /** Fleets first, then tokens, each by name; a fleet without an enabled key as a disabled one. */
  holders(db: Queryable, page: HolderPage): Promise<ScopeMapHolder[]>;
  /** Ids of the users that an import brought, ascending. */
  importedUsers(db: Queryable, page: ImportedUserPage): Promise<string[]>;
}
