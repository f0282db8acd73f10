import type { ScopeMapDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import { z } from 'zod';

/** A scope map as it is kept: its published state, and when it was made. */
export interface ScopeMap extends ScopeMapDefinition {
  readonly status: 'active';
  readonly createdAt: string;
}

/** How people name a scope map. */
export interface ScopeMapKey {
  readonly registryId: string;
  readonly name: string;
}

/** Which page of a registry's scope maps. */
export interface ScopeMapPage {
  readonly registryId: string;
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * Letters are compared exactly. 60 = the longest token name and `-scope-map`. A name that begins with `_` is the system's
 * (`_repositories_pull` and the like).
 *
 * @source Azure Container Registry, scope map resource: 5 to 50 of letters, digits, `-` and `_`
 */
export const scopeMapName = z
  .string()
  .regex(
    /^[A-Za-z0-9-][A-Za-z0-9_-]{4,59}$/,
    'a scope map name has 5 to 60 letters, digits, "-" or "_", and no "_" at its beginning',
  );

/** Scope maps. Each query of management is bound to the caller's account. */
export abstract class ScopeMapStore {
  abstract find(db: Queryable, account: string, key: ScopeMapKey): Promise<ScopeMap | null>;
  /** As `find`, and nobody else changes it until the transaction ends. */
  abstract lock(tx: Transaction, account: string, key: ScopeMapKey): Promise<ScopeMap | null>;
  /** By name, at most `limit`. */
  abstract page(db: Queryable, account: string, page: ScopeMapPage): Promise<ScopeMap[]>;
  /** For other services, which ask on behalf of nobody. */
  abstract findInAnyAccount(db: Queryable, key: ScopeMapKey): Promise<ScopeMap | null>;
  /** How many maps of an account have a name that begins like this. @param prefix letters, digits, `-` and `_` */
  abstract countNamed(db: Queryable, account: string, prefix: string): Promise<number>;
  /** @returns false when the name is taken in that registry; nothing is stored then */
  abstract insert(tx: Transaction, map: ScopeMap): Promise<boolean>;
  /** Stores the new content of a map that is locked. */
  abstract update(tx: Transaction, map: ScopeMap): Promise<void>;
  /** Deletes a map that is locked. A later one of the same name is another map with another id. */
  abstract delete(tx: Transaction, map: ScopeMap): Promise<void>;
}

/** Whether it never was, is gone, or is another account's. */
export function noSuchScopeMap(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-scope-map', message: 'there is no such scope map' });
}
