import { actionCatalogue } from '@berth/access';
import type { Action } from '@berth/access';

/** Names of the roles that every installation has. */
export type BuiltInRole = 'Owner';

const rows: Readonly<Record<BuiltInRole, readonly Action[]>> = {
  Owner: actionCatalogue.map((row) => row.action),
};

/** What each role may do. A further role is a further row; nothing else knows a role by name. */
export const builtInRoles: ReadonlyMap<string, ReadonlySet<Action>> = new Map(
  Object.entries(rows).map(([name, actions]) => [name, new Set(actions)]),
);

const holders = new Map<Action, ReadonlySet<string>>(
  actionCatalogue.map(({ action }) => {
    const names = [...builtInRoles].filter(([, actions]) => actions.has(action)).map(([name]) => name);
    return [action, new Set(names)];
  }),
);

const nobody: ReadonlySet<string> = new Set();

/** The names of the roles that contain an action; turned around once, because a decision looks at 1,000 assignments. */
export function rolesWith(action: Action): ReadonlySet<string> {
  return holders.get(action) ?? nobody;
}
