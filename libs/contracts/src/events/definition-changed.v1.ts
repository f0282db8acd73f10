import { z } from 'zod';
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

/** A named list of repository actions, `repositories/<name or prefix/*>/<action>`; at most 500 lines. */
export const scopeMapDefinition = z.strictObject({
  kind: z.literal('scope-map'),
  ...common,
  registryId: uuid,
  name: z.string(),
  description: z.string().nullable(),
  actions: z.array(z.string()).max(500),
});

/** What a role assignment is bound to; a scope contains all that lies below it. */
export const assignmentScope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account') }),
  z.strictObject({ kind: z.literal('registry'), registryId: uuid }),
  z.strictObject({ kind: z.literal('repository'), registryId: uuid, pattern: z.string() }),
]);

/** A principal holds a role at a scope. */
export const roleAssignmentDefinition = z.strictObject({
  kind: z.literal('role-assignment'),
  ...common,
  principal: principalRef,
  role: z.string(),
  scope: assignmentScope,
});

/** What people decided, as policy publishes it: one record is the whole state of one thing. */
export const definition = z.discriminatedUnion('kind', [
  accountDefinition,
  registryDefinition,
  scopeMapDefinition,
  roleAssignmentDefinition,
]);

export type AccountDefinition = z.infer<typeof accountDefinition>;
export type RegistryDefinition = z.infer<typeof registryDefinition>;
export type ScopeMapDefinition = z.infer<typeof scopeMapDefinition>;
export type RoleAssignmentDefinition = z.infer<typeof roleAssignmentDefinition>;
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
