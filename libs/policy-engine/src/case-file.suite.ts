import { z } from 'zod';
import { parseAction, parseRepositoryPattern } from '@berth/access';
import { indexAccessPolicy } from './access-policy.js';
import type { Definitions } from './definitions.suite.js';
import { parsePrincipalRef } from './principal.js';
import { indexProhibition } from './prohibition.js';
import { indexRoleDefinition } from './role-definition.js';
import { indexScopeMap } from './scope-map.js';

const status = z.enum(['active', 'deleted']).default('active');
const ref = z.string().transform(parsePrincipalRef);
const pattern = z.string().transform(parseRepositoryPattern);
const text = z.string().nullable().default(null);
const texts = z.array(z.string()).default([]);
const account = z.string().default('default');
const registryId = z.string().default('local');
const definition = { id: z.string(), account, version: z.number().default(1), status };
const action = z.string().transform((spelling) => {
  const known = parseAction(spelling);
  if (known === null) throw new Error(`an unknown action: ${spelling}`);
  return known;
});

const condition = z.strictObject({
  repository: z.string(),
  tags: z.array(z.string()).exactOptional(),
  cidrs: z.array(z.string()).exactOptional(),
  notBefore: z.string().exactOptional(),
  notAfter: z.string().exactOptional(),
  createOnly: z.literal(true).exactOptional(),
});
const scopeMap = z
  .strictObject({
    ...definition,
    registryId,
    name: z.string(),
    actions: texts,
    conditions: z.array(condition).default([]),
  })
  .transform(indexScopeMap);
const scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account') }),
  z.strictObject({ kind: z.literal('resource-group'), resourceGroup: z.string() }),
  z.strictObject({ kind: z.literal('registry'), registryId }),
  z.strictObject({ kind: z.literal('namespace'), registryId, namespace: z.string() }),
  z.strictObject({ kind: z.literal('repository'), registryId, pattern }),
]);
const roleDefinition = z
  .strictObject({
    ...definition,
    name: z.string(),
    actions: texts,
    notActions: texts,
    dataActions: texts,
    notDataActions: texts,
    assignableScopes: z.array(scope).default([{ kind: 'account' }]),
  })
  .transform(indexRoleDefinition);
const roleAssignment = z.strictObject({
  ...definition,
  principal: ref,
  role: z.string(),
  scope: scope.default({ kind: 'account' }),
  condition: z.strictObject({ repositories: z.array(pattern) }).exactOptional(),
});
const target = z.strictObject({
  serviceName: z.string().nullable().default('container-registry'),
  ...{ serviceInstance: text, region: text, resourceType: text, resource: text, resourceGroup: text },
  isForAllServices: z.boolean().default(false),
});
const accessPolicy = z
  .strictObject({ ...definition, subject: ref, roles: texts, target: target.prefault({}) })
  .transform(indexAccessPolicy);
const prohibition = z
  .strictObject({
    ...definition,
    kind: z.enum(['lock', 'quarantine', 'private-only', 'disabled', 'deleting', 'quota']),
    scope,
    actions: z.array(action).nullable().default(null),
    exceptFrom: texts,
  })
  .transform(indexProhibition);
const oneOf = { ref, account, groups: z.array(ref).default([]), scopeMapId: text };
const owner = z.strictObject({ ...oneOf, isImported: z.boolean().exactOptional() });

/**
 * One case: `ask` is "principal action where". The action may be several: `a+b` needs both on the same thing, `a,b` are
 * asked one by one. Where: a repository or pattern, `ns:<namespace>`, `group:<resource group>`, or `-` for all there is.
 * `allow` is "kind id version" of what decides.
 */
export const oneCase = z.strictObject({
  name: z.string(),
  ask: z.string(),
  account,
  registry: z.string().nullable().default('local'),
  region: text,
  at: z.iso.datetime().exactOptional(),
  address: z.string().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  movesTag: z.boolean().exactOptional(),
  carries: z.boolean().exactOptional(),
  allow: z.string().exactOptional(),
  deny: z.string().exactOptional(),
  message: z.string().exactOptional(),
});
export type OneCase = z.infer<typeof oneCase>;

const list = <T extends z.ZodType>(of: T) => z.array(of).default([]);

/** A file of cases with the definitions that they are about. */
export const caseFile = z.strictObject({
  about: z.string(),
  registries: list(z.strictObject({ id: z.string(), account, status, region: text, resourceGroup: text })),
  namespaces: list(z.strictObject({ ...definition, registryId, name: z.string(), resourceGroup: text })),
  scopeMaps: list(scopeMap),
  roleDefinitions: list(roleDefinition),
  roleAssignments: list(roleAssignment),
  accessPolicies: list(accessPolicy),
  enforcements: list(z.strictObject({ ...definition, region: z.string(), isEnforced: z.boolean() })),
  anonymousAccess: list(z.strictObject({ ...definition, registryId, repositories: z.array(pattern) })),
  prohibitions: list(prohibition),
  enforcementMandatoryFrom: z.iso.datetime().default('2022-07-05T00:00:00Z'),
  principals: z.record(
    z.string(),
    z.strictObject({ ...oneOf, isImported: z.boolean().exactOptional(), owner: owner.exactOptional() }),
  ),
  cases: z.array(oneCase),
});
export type CaseFile = z.infer<typeof caseFile>;

/** What a file defines. */
export function definitionsOf({ enforcementMandatoryFrom, ...file }: CaseFile): Partial<Definitions> {
  return { ...file, enforcementMandatoryFromMs: Date.parse(enforcementMandatoryFrom) };
}
