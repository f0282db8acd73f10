import { z } from 'zod';
import { accessCondition } from '../access-condition.js';
import { instant, lifeStatus, principalRef, uuid, version } from '../scalars.js';
import { compactedTopic } from '../topic.js';

const common = { id: uuid, account: uuid, version, status: lifeStatus, changedAt: instant };

/** A tenant. */
export const accountDefinition = z.strictObject({ kind: z.literal('account'), ...common, name: z.string() });

/** A registry; its login server is configuration (`BERTH_LOGIN_SERVERS`), because it differs by where Berth runs. */
export const registryDefinition = z.strictObject({
  kind: z.literal('registry'),
  ...common,
  name: z.string(),
  region: z.string().nullable(),
  resourceGroup: z.string().nullable(),
  plan: z.string(),
});

/** A namespace that somebody made known; one that a push implied has no record, and its registry's resource group. */
export const namespaceDefinition = z.strictObject({
  kind: z.literal('namespace'),
  ...common,
  registryId: uuid,
  name: z.string(),
  /** null = that of the registry. */
  resourceGroup: z.string().nullable(),
});

/** A condition of a scope map: it binds all that the map grants on some repositories. */
export const scopeMapCondition = accessCondition.extend({
  /** A repository name, a prefix or `*`. */
  repository: z.string(),
});

/** A named list of repository actions, `repositories/<name or prefix/*>/<action>`; at most 500 lines. */
export const scopeMapDefinition = z.strictObject({
  kind: z.literal('scope-map'),
  ...common,
  registryId: uuid,
  name: z.string(),
  description: z.string().nullable(),
  actions: z.array(z.string()).max(500),
  /** Left out = none. */
  conditions: z.array(scopeMapCondition).max(100).optional(),
});

/** What a role assignment is bound to; a scope contains all that lies below it. */
export const assignmentScope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account') }),
  z.strictObject({ kind: z.literal('resource-group'), resourceGroup: z.string() }),
  z.strictObject({ kind: z.literal('registry'), registryId: uuid }),
  z.strictObject({ kind: z.literal('namespace'), registryId: uuid, namespace: z.string() }),
  z.strictObject({ kind: z.literal('repository'), registryId: uuid, pattern: z.string() }),
]);

/** A principal holds a role at a scope. */
export const roleAssignmentDefinition = z.strictObject({
  kind: z.literal('role-assignment'),
  ...common,
  principal: principalRef,
  /** A built-in role's name, or the id of a role definition. */
  role: z.string(),
  scope: assignmentScope,
  /** Only on these repositories (names or prefixes) of the scope; left out = on all of it. */
  condition: z.strictObject({ repositories: z.array(z.string()).min(1).max(100) }).optional(),
});

/** A custom role, in the lists of Azure's JSON. */
export const roleDefinitionDefinition = z.strictObject({
  kind: z.literal('role-definition'),
  ...common,
  name: z.string(),
  description: z.string().nullable(),
  actions: z.array(z.string()).max(1000),
  notActions: z.array(z.string()).max(1000),
  dataActions: z.array(z.string()).max(1000),
  notDataActions: z.array(z.string()).max(1000),
  assignableScopes: z.array(assignmentScope).max(100),
});

/** A subject has roles on a target, as IBM Cloud writes it; null = not said. */
export const accessPolicyDefinition = z.strictObject({
  kind: z.literal('access-policy'),
  ...common,
  subject: principalRef,
  roles: z.array(z.string()).max(20),
  target: z.strictObject({
    serviceName: z.string().nullable(),
    serviceInstance: z.string().nullable(),
    region: z.string().nullable(),
    resourceType: z.string().nullable(),
    resource: z.string().nullable(),
    resourceGroup: z.string().nullable(),
    isForAllServices: z.boolean(),
  }),
});

/** Whether access policies are enforced in one region of an account that was imported as legacy. */
export const enforcementDefinition = z.strictObject({
  kind: z.literal('enforcement'),
  ...common,
  region: z.string(),
  isEnforced: z.boolean(),
});

/** Who may pull from a registry without any credential: these repositories. Its id is the registry's. */
export const anonymousAccessDefinition = z.strictObject({
  kind: z.literal('anonymous-access'),
  ...common,
  registryId: uuid,
  repositories: z.array(z.string()).max(100),
});

/** What nobody may do to something, whatever they hold. */
export const prohibitionDefinition = z.strictObject({
  kind: z.literal('prohibition'),
  ...common,
  cause: z.enum(['lock', 'quarantine', 'private-only', 'disabled', 'deleting', 'quota']),
  scope: assignmentScope,
  /** Canonical; null = everything. */
  actions: z.array(z.string()).max(200).nullable(),
  /** Networks from which it does not hold, as `10.0.0.0/8`; none = it holds everywhere. */
  exceptFrom: z.array(z.string()).max(200),
});

/** Tags that are written once: a pattern of repositories, a pattern of tags, and what of them is left out. */
export const immutabilityRule = z.strictObject({
  /** A repository name, a prefix such as `team/*`, or `*`. */
  repositories: z.string(),
  /** A tag, a start such as `v*`, or `*`. */
  tags: z.string(),
  /** Tags and starts of tags that the rule does not bind. */
  except: z.array(z.string()).max(100),
});

/** How many bytes something may hold, each content counted once in it. */
const storageBytes = z.int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** What people decided about the contents of a registry. Its id is the registry's. */
export const contentPoliciesDefinition = z.strictObject({
  kind: z.literal('content-policies'),
  ...common,
  registryId: uuid,
  quarantine: z.strictObject({
    /** Whether what is pushed from now on is closed until a scanner passes it. */
    isOn: z.boolean(),
    /** What no scanner looked at for so long is open then, hours; null = it stays closed. */
    releaseAfterHours: z.int().positive().max(8760).nullable(),
  }),
  immutability: z.array(immutabilityRule).max(100),
  quota: z.strictObject({
    /** null = no limit. */
    storageBytes: storageBytes.nullable(),
    namespaces: z.array(z.strictObject({ namespace: z.string(), storageBytes })).max(1000),
  }),
});

/** What people decided, as policy publishes it: one record is the whole state of one thing. */
export const definition = z.discriminatedUnion('kind', [
  accountDefinition,
  registryDefinition,
  namespaceDefinition,
  scopeMapDefinition,
  roleAssignmentDefinition,
  roleDefinitionDefinition,
  accessPolicyDefinition,
  enforcementDefinition,
  anonymousAccessDefinition,
  prohibitionDefinition,
  contentPoliciesDefinition,
]);

export type AccountDefinition = z.infer<typeof accountDefinition>;
export type RegistryDefinition = z.infer<typeof registryDefinition>;
export type ScopeMapDefinition = z.infer<typeof scopeMapDefinition>;
export type NamespaceDefinition = z.infer<typeof namespaceDefinition>;
export type RoleAssignmentDefinition = z.infer<typeof roleAssignmentDefinition>;
export type RoleDefinitionDefinition = z.infer<typeof roleDefinitionDefinition>;
export type AccessPolicyDefinition = z.infer<typeof accessPolicyDefinition>;
export type EnforcementDefinition = z.infer<typeof enforcementDefinition>;
export type AnonymousAccessDefinition = z.infer<typeof anonymousAccessDefinition>;
export type ProhibitionDefinition = z.infer<typeof prohibitionDefinition>;
export type ContentPoliciesDefinition = z.infer<typeof contentPoliciesDefinition>;
export type ImmutabilityRule = z.infer<typeof immutabilityRule>;
export type AssignmentScope = z.infer<typeof assignmentScope>;
export type Definition = z.infer<typeof definition>;
export type DefinitionKind = Definition['kind'];

/** `<kind>:<id>`, the key of a definition's records and its name in a token's `ver`. */
export function definitionKey(d: Pick<Definition, 'kind' | 'id'>): string {
  return `${d.kind}:${d.id}`;
}

/** A definition was created, changed or deleted (`status`). Followed by every service that decides. */
export const definitionChanged = compactedTopic<Definition>({
  name: 'policy.definition-changed.v1',
  producer: 'policy',
  partitions: 3,
  schema: definition,
  keyOf: definitionKey,
});
