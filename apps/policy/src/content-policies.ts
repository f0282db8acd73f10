import type { Action } from '@berth/access';
import type { ContentPoliciesDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** What is decided about the contents of a registry, each part by itself. */
export type ContentPolicies = Pick<ContentPoliciesDefinition, 'quarantine' | 'immutability' | 'quota'>;

/** One part of them. */
export type ContentPolicy = keyof ContentPolicies;

/** What holds in a registry of which nobody decided anything. */
export const nothingDecided: ContentPolicies = {
  quarantine: { isOn: false, releaseAfterHours: null },
  immutability: [],
  quota: { storageBytes: null, namespaces: [] },
};

/**
 * What it takes to read and to write each. A quota is a matter of the plan, which goes with the roles of who configures.
 *
 * @source IBM Cloud Container Registry "Managing IAM access": quota.get, quota.set
 */
export const contentPolicyActions: Readonly<Record<ContentPolicy, { readonly read: Action; readonly write: Action }>> =
  {
    quarantine: { read: 'registries/read', write: 'policies/write' },
    immutability: { read: 'registries/read', write: 'policies/write' },
    quota: { read: 'quota/read', write: 'quota/write' },
  };

/** The content policies of registries. Their id is the registry's. */
export abstract class ContentPolicyStore {
  /** Null = nothing was ever decided. */
  abstract find(db: Queryable, account: string, registryId: string): Promise<ContentPoliciesDefinition | null>;
  /** Stores the new state, whether or not there was one. */
  abstract put(tx: Transaction, policies: ContentPoliciesDefinition): Promise<void>;
}
