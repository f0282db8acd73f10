import { actionCatalogue } from '@berth/access';
import { instant, version, type RoleDefinitionDefinition } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import { roleOf } from '@berth/definitions';
import { builtInRoles } from '@berth/policy-engine';
import { z } from 'zod';
import { formatScopePath } from './scope-path.js';

const actionList = z.array(z.string());

/** A role as Azure's tools read it, with what it comes to. */
export const roleAnswer = z.strictObject({
  /** Of a built-in role its name. */
  id: z.string(),
  name: z.string(),
  roleType: z.enum(['BuiltInRole', 'CustomRole']),
  description: z.string().nullable(),
  permissions: z.array(
    z.strictObject({
      actions: actionList,
      notActions: actionList,
      dataActions: actionList,
      notDataActions: actionList,
    }),
  ),
  assignableScopes: z.array(z.string()),
  /** All that it gives, in canonical spelling. */
  effectiveActions: actionList,
  /** null = built-in, never changes. */
  version: version.nullable(),
  changedAt: instant.nullable(),
});

export type RoleAnswer = z.infer<typeof roleAnswer>;

/** What people may see of a custom role. */
export function answerOf(view: DefinitionsView, role: RoleDefinitionDefinition): RoleAnswer {
  const { id, name, description, actions, notActions, dataActions, notDataActions, version: number } = role;
  return {
    ...{ id, name, roleType: 'CustomRole', description },
    permissions: [{ actions, notActions, dataActions, notDataActions }],
    assignableScopes: role.assignableScopes.map((scope) => formatScopePath(view, scope)),
    effectiveActions: inOrder(roleOf(role).actions),
    ...{ version: number, changedAt: role.changedAt },
  };
}

/** A built-in role in the same form, or null. */
export function builtInAnswer(name: string): RoleAnswer | null {
  const held = builtInRoles.get(name);
  if (held === undefined) return null;
  const actions = inOrder(held);
  return {
    ...{ id: name, name, roleType: 'BuiltInRole', description: null },
    permissions: [{ actions, notActions: [], dataActions: [], notDataActions: [] }],
    assignableScopes: ['/'],
    ...{ effectiveActions: actions, version: null, changedAt: null },
  };
}

function inOrder(held: ReadonlySet<string>): string[] {
  return actionCatalogue.map(({ action }) => action).filter((action) => held.has(action));
}
