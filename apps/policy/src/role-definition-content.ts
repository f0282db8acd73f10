import { storableText, type AssignmentScope, type RoleDefinitionDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { builtInRoles, parseCustomRole } from '@berth/policy-engine';
import { z } from 'zod';
import type { Holder } from './holder.js';
import { formatScopePath, readScopePath } from './scope-path.js';

/** A custom role as Azure's tools write it; what is in it `parseCustomRole` says. */
export const roleJson = z.record(z.string(), z.unknown());

export type RoleJson = z.infer<typeof roleJson>;

/** What a custom role says. */
export type RoleDefinitionContent = Pick<
  RoleDefinitionDefinition,
  'name' | 'description' | 'actions' | 'notActions' | 'dataActions' | 'notDataActions' | 'assignableScopes'
>;

/** Would not be told apart from other addresses below `/role-definitions`. */
const reservedNames: ReadonlySet<string> = new Set(['operations']);
const uuid = z.uuid();
const storable = z.array(storableText(1024));

/**
 * Reads a custom role whose scopes are of the caller's account, or refused as {@link readScopePath} says.
 *
 * @throws AppError 'malformed': `invalid_role`, `wildcard_action` or `unknown_action` naming the action,
 *   `invalid_scope_path` naming the scope; 'conflict' `built-in-role` for the name of one
 */
export function readRole(holder: Holder, json: RoleJson): RoleDefinitionContent {
  const { grants } = holder;
  const { name, description, actions, notActions, dataActions, notDataActions, assignableScopes } =
    parseCustomRole(json);
  if (!storable.safeParse([name, description, ...assignableScopes]).success) {
    throw invalid('Name, Description and AssignableScopes hold no NUL and no half of a character');
  }
  if (builtInRoles.has(name)) throw builtIn(name);
  if (reservedNames.has(name) || uuid.safeParse(name).success) throw invalid(`${name} can't be the name of a role`);
  const scopes = new Map<string, AssignmentScope>();
  for (const path of assignableScopes) {
    const scope = readScopePath(holder, 'roleDefinitions/write', path);
    scopes.set(formatScopePath(grants, scope), scope);
  }
  return {
    ...{ name, description: description === '' ? null : description },
    ...{ actions: [...actions], notActions: [...notActions] },
    ...{ dataActions: [...dataActions], notDataActions: [...notDataActions] },
    assignableScopes: [...scopes.values()],
  };
}

/**
 * A stored role as JSON that {@link readRole} reads as the same, with some keys replaced.
 *
 * @throws AppError 'malformed' with code `invalid_role` for a key that stands twice
 */
export function patchedRole({ grants }: Holder, role: RoleDefinitionContent, patch: RoleJson): RoleJson {
  const { name, description, actions, notActions, dataActions, notDataActions, assignableScopes } = role;
  const replaced = Object.entries(patch).map(([key, value]) => [key.toLowerCase(), value] as const);
  if (new Map(replaced).size < replaced.length) throw invalid('a key stands twice');
  return {
    ...{ name, description: description ?? '', actions },
    ...{ notactions: notActions, dataactions: dataActions, notdataactions: notDataActions },
    assignablescopes: assignableScopes.map((scope) => formatScopePath(grants, scope)),
    ...Object.fromEntries(replaced),
  };
}

/** Whether two roles say the same, word for word. */
export function isSameRole(one: RoleDefinitionContent, other: RoleDefinitionContent): boolean {
  return JSON.stringify(wordsOf(one)) === JSON.stringify(wordsOf(other));
}

function wordsOf(role: RoleDefinitionContent): unknown[] {
  const scopes = role.assignableScopes.map((scope) => Object.entries(scope).sort());
  const { name, description, actions, notActions, dataActions, notDataActions } = role;
  return [name, description, actions, notActions, dataActions, notDataActions, scopes];
}

/** Built-in roles are the same in every installation. */
export function builtIn(name: string): AppError {
  const message = `${name} is one of Berth's own roles, which can't be changed or deleted`;
  return new AppError({ kind: 'conflict', code: 'built-in-role', message });
}

function invalid(why: string): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid_role', message: `invalid role: ${why}` });
}
