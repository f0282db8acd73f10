import { isRepositoryPattern } from '@berth/access';
import type { NamespaceDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import type { VisiblePatterns } from '@berth/policy-engine';
import { z } from 'zod';

/** How people name a namespace. */
export interface NamespaceKey {
  readonly registryId: string;
  readonly name: string;
}

/** Which page of a registry's namespaces. */
export interface NamespacePage {
  readonly registryId: string;
  /** What the caller may see. */
  readonly visible: VisiblePatterns;
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** One path segment of a repository's name. */
export const namespaceName = z
  .string()
  .max(255)
  .refine(
    (name) => !/[*/]/.test(name) && isRepositoryPattern(name),
    'a namespace is the first segment of a repository name',
  );

/** The namespaces that somebody made known. Each query of management is bound to the caller's account. */
export abstract class NamespaceStore {
  abstract find(db: Queryable, account: string, key: NamespaceKey): Promise<NamespaceDefinition | null>;
  /** As `find`, and nobody else changes it until the transaction ends. */
  abstract lock(tx: Transaction, account: string, key: NamespaceKey): Promise<NamespaceDefinition | null>;
  /** Those that the caller may see, by name, at most `limit`. */
  abstract page(db: Queryable, account: string, page: NamespacePage): Promise<NamespaceDefinition[]>;
  /** How many were made known in a registry. */
  abstract countIn(db: Queryable, registryId: string): Promise<number>;
  /** @returns false when the name is taken in that registry; nothing is stored then */
  abstract insert(tx: Transaction, namespace: NamespaceDefinition): Promise<boolean>;
  /** Stores the resource group of a namespace that is locked. */
  abstract update(tx: Transaction, namespace: NamespaceDefinition): Promise<void>;
  /** Deletes a namespace that is locked. */
  abstract delete(tx: Transaction, namespace: NamespaceDefinition): Promise<void>;
}

/** Whether it never was made known, is gone, or is another account's. */
export function noSuchNamespace(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-namespace', message: 'there is no such namespace' });
}
