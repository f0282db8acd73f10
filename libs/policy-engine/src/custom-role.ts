import { parseGrantedActions } from '@berth/access';
import { AppError } from '@berth/errors';

/** A custom role as somebody sends it, checked but for its scopes. */
export interface CustomRole {
  readonly name: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
  /** Paths, for `parseScopePath`. */
  readonly assignableScopes: readonly string[];
}

const lists = ['actions', 'notactions', 'dataactions', 'notdataactions'] as const;
const maxActions = 500;
const maxScopes = 100;

/**
 * Reads a custom role as Azure's tools write it, whatever the case of its keys: flat (`Name`, `Actions`, ..), with
 * `permissions: [{ actions, .. }]`, or as a resource with `properties`. Keys that mean nothing here are ignored.
 *
 * @param json any parsed JSON
 * @throws AppError 'malformed': `invalid_role` for its shape; `wildcard_action` or `unknown_action` naming the action
 * @source Azure custom roles, "Custom role properties"; Azure Container Registry "Custom roles"
 */
export function parseCustomRole(json: unknown): CustomRole {
  const outer = keysIn(json);
  const role = outer.has('properties') ? new Map([...outer, ...keysIn(outer.get('properties'))]) : outer;
  const permissions = permissionsOf(role);
  const [actions, notActions, dataActions, notDataActions] = lists.map((list) =>
    permissions.flatMap((permission) => textsIn(permission, list, maxActions)),
  );
  const read = { actions: actions ?? [], notActions: notActions ?? [], dataActions: dataActions ?? [] };
  const parts = { ...read, notDataActions: notDataActions ?? [] };
  const all = Object.values(parts).flat();
  if (all.length > maxActions) throw invalid(`at most ${maxActions} actions`);
  for (const action of all) parseGrantedActions(action);
  const assignableScopes = textsIn(role, 'assignablescopes', maxScopes);
  if (assignableScopes.length === 0) throw invalid('AssignableScopes must name at least one scope');
  if (parts.actions.length + parts.dataActions.length === 0) throw invalid('it grants no action');
  return { name: nameOf(role), description: descriptionOf(role), ...parts, assignableScopes };
}

/** Azure gives a role's id as `name` and its name as `roleName` where it gives both. */
function nameOf(role: ReadonlyMap<string, unknown>): string {
  const name = role.get('rolename') ?? role.get('name');
  if (typeof name !== 'string' || name.trim() === '' || name.length > 128)
    throw invalid('Name has 1 to 128 characters');
  return name;
}

function descriptionOf(role: ReadonlyMap<string, unknown>): string {
  const description = role.get('description') ?? '';
  if (typeof description !== 'string' || description.length > 1024)
    throw invalid('Description has 1,024 characters at most');
  return description;
}

function permissionsOf(role: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown>[] {
  const permissions = role.get('permissions');
  if (permissions === undefined) return [role];
  if (!Array.isArray(permissions) || permissions.length > 10) throw invalid('permissions is a short list');
  return permissions.map(keysIn);
}

function textsIn(from: ReadonlyMap<string, unknown>, key: string, max: number): string[] {
  const texts: unknown = from.get(key) ?? [];
  if (!Array.isArray(texts) || texts.length > max || !texts.every((each) => typeof each === 'string')) {
    throw invalid(`${key} is a list of at most ${max} texts`);
  }
  return texts;
}

/** The keys of an object in lower case. The same key twice, in whatever case, would be read by half. */
function keysIn(json: unknown): ReadonlyMap<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid('it is not an object');
  const entries = Object.entries(json).map(([key, value]): [string, unknown] => [key.toLowerCase(), value]);
  const keys = new Map(entries);
  if (keys.size < entries.length) throw invalid('a key stands twice');
  return keys;
}

function invalid(why: string): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid_role', message: `invalid role: ${why}` });
}
