import type { DefinitionsView } from '@berth/definitions';
import type { EffectivePermission } from '@berth/policy-engine';
import { z } from 'zod';
import { referenceTo } from '../decision-answer.js';
import { formatScopePath } from '../scope-path.js';

/** One thing that a principal holds. */
export const permissionAnswer = z.strictObject({
  /** What grants it. */
  by: z.string(),
  /** The name of that: of a role or scope map, or the roles of a policy. */
  grant: z.string(),
  /** The principal itself, or the group through which it holds this. */
  via: z.string(),
  /** Canonical. */
  actions: z.array(z.string()),
  /** A scope as role assignments have it; null for the reach of an access policy. */
  scope: z.string().nullable(),
  /** The reach of an access policy, each part narrowing it unless null; null for a scope. */
  reach: z
    .strictObject({
      region: z.string().nullable(),
      namespace: z.string().nullable(),
      resourceGroup: z.string().nullable(),
    })
    .nullable(),
  /** Only on these repositories of it; null = all that is there. */
  repositories: z.array(z.string()).nullable(),
  /** A token gives this only as far as its owner holds it too. */
  boundByOwner: z.boolean(),
});
export type PermissionAnswer = z.infer<typeof permissionAnswer>;

/** What is answered of a permission. */
export function answerOf(permission: EffectivePermission, view: DefinitionsView): PermissionAnswer {
  const { by, via, name, actions, repositories, isBoundByOwner } = permission;
  return {
    by: referenceTo(by),
    grant: name,
    via,
    actions: [...actions],
    ...placeOf(permission, view),
    repositories: repositories === null ? null : [...repositories],
    boundByOwner: isBoundByOwner,
  };
}

function placeOf({ where }: EffectivePermission, view: DefinitionsView): Pick<PermissionAnswer, 'scope' | 'reach'> {
  if (where.kind !== 'service') return { scope: formatScopePath(view, where), reach: null };
  const { region, namespace, resourceGroup } = where;
  return { scope: null, reach: { region, namespace, resourceGroup } };
}

/** By what permissions are ordered: what grants them, through whom, and where. Unique, and short enough for a cursor. */
export function orderOf({ by, via, where }: EffectivePermission): string {
  const group = via.startsWith('group:') ? via : '';
  const pattern = where.kind === 'repository' ? where.pattern : '';
  return `${referenceTo(by)} ${group} ${pattern}`;
}
