/** Things of the management API that are read, written and deleted, each under actions of its own. */
export const managedThings = [
  'scopeMaps',
  'tokens',
  'fleets',
  'federations',
  'users',
  'serviceIds',
  'groups',
  'roleAssignments',
  'roleDefinitions',
  'accessPolicies',
  'subscriptions',
] as const;

/** One of {@link managedThings}. */
export type ManagedThing = (typeof managedThings)[number];

/**
 * What a principal may do, in Berth's own words. Other languages' spellings are in the action catalogue.
 */
export type Action =
  | `content/${'read' | 'write' | 'delete'}`
  | `metadata/${'read' | 'write'}`
  | 'catalog/list'
  | 'signature/write'
  | `quarantine/${'read' | 'write'}`
  | `trash/${'read' | 'restore' | 'purge'}`
  | 'vulnerabilityReports/write'
  | `namespaces/${'list' | 'write' | 'delete'}`
  | `retention/${'read' | 'analyze' | 'write'}`
  | `network/${'read' | 'write'}`
  | 'enforcement/write'
  | `exemptions/${'read' | 'write'}`
  | `plan/${'read' | 'write'}`
  | `quota/${'read' | 'write'}`
  | `settings/${'read' | 'write'}`
  | 'policies/write'
  | 'trustKeys/write'
  | `registries/${'read' | 'write' | 'create' | 'delete' | 'importImage/action'}`
  | 'fleetKeys/export'
  | `audit/${'read' | 'export'}`
  | 'decisions/readAny'
  | `${ManagedThing}/${'read' | 'write' | 'delete'}`;

/** The narrowest thing on which an action can be done, and so the narrowest scope that can grant it. */
export type ActionLevel = 'registry' | 'namespace' | 'repository';

/** One action and how it is spelled elsewhere; null = that language has no word for it. */
export interface ActionRow {
  readonly action: Action;
  /** In the scope `repository:<name>:<actions>` of a Docker access token. */
  readonly docker: string | null;
  /** In a line of an ACR scope map. */
  readonly acrScopeMap: string | null;
  /** In an ACR role definition; Azure ignores case in it. Several actions may lie within one, see {@link within}. */
  readonly acrRole: string | null;
  /** In IBM Cloud IAM. */
  readonly ibm: string | null;
  /** Further spellings of exactly this action, accepted and never offered. */
  readonly aliases: readonly string[];
  /** Actions of other languages that are wider and include this one, with the spelling of their own action. */
  readonly within: readonly string[];
  /**
   * Whether it is done to the content of repositories, so that asking for a whole registry means all its repositories.
   */
  readonly repositoryScoped: boolean;
  /** A scope narrower than this grants nothing of it. */
  readonly level: ActionLevel;
}
