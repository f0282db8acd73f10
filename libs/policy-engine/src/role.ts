import { actionCatalogue } from '@berth/access';
import type { Action } from '@berth/access';

/** Names of the roles that every installation has. */
export type BuiltInRole = keyof typeof rows;

const all = actionCatalogue.map(({ action }) => action);
/** Done to content under a column of its own, never as management. */
const ofContent: ReadonlySet<Action> = new Set(
  all.filter((action) => /^(content|metadata|signature|quarantine|catalog)\//.test(action)),
);
/** Only an Owner gives access to others. */
const granting = /^(roleAssignments|roleDefinitions|accessPolicies)\/(write|delete)$/;
const management = all.filter((action) => !ofContent.has(action));

const manageRead: readonly Action[] = [...management.filter((each) => each.endsWith('/read')), 'namespaces/list'];
const manageFull: readonly Action[] = [
  ...manageRead,
  ...management.filter((each) => /\/(write|delete)$/.test(each) && !granting.test(each)),
  ...(['metadata/write', 'trash/restore', 'registries/importImage/action'] as const),
  ...(['audit/export', 'decisions/readAny', 'fleetKeys/export'] as const),
];
const createAndDelete: readonly Action[] = ['registries/create', 'registries/delete'];
const push: readonly Action[] = ['content/write'];
const pull: readonly Action[] = ['content/read', 'metadata/read', 'catalog/list'];
const deleteData: readonly Action[] = ['content/delete'];
const changePolicies: readonly Action[] = [
  ...(['policies/write', 'retention/read', 'retention/analyze', 'retention/write', 'network/write'] as const),
];
const contribute = [...manageFull, ...createAndDelete, ...push, ...pull, ...deleteData, ...changePolicies];

const rows = {
  Owner: [...contribute, ...all.filter((each) => granting.test(each))],
  Contributor: contribute,
  Reader: [...manageRead, ...pull],
  AcrPush: [...push, ...pull],
  AcrPull: pull,
  AcrDelete: deleteData,
  AcrImageSigner: ['signature/write'],
  AcrQuarantineReader: ['quarantine/read'],
  AcrQuarantineWriter: ['quarantine/read', 'quarantine/write'],
  'Container Registry Repository Reader': ['content/read', 'metadata/read'],
  'Container Registry Repository Writer': ['content/read', 'content/write', 'metadata/read', 'metadata/write'],
  'Container Registry Repository Contributor': [
    ...(['content/read', 'content/write', 'content/delete', 'metadata/read', 'metadata/write'] as const),
  ],
  'Container Registry Repository Catalog Lister': ['catalog/list'],
} as const satisfies Readonly<Record<string, readonly Action[]>>;

/**
 * What each role may do. A further role is a further row; nothing else knows a role by name.
 *
 * @source Azure Container Registry "Roles and permissions" with and without quarantine, both tables; "Microsoft Entra
 *   ABAC repository permissions" for the roles of repositories
 */
export const builtInRoles: ReadonlyMap<string, ReadonlySet<Action>> = new Map(
  Object.entries(rows).map(([name, actions]) => [name, new Set<Action>(actions)]),
);

/** Roles that may be bound to repositories by a condition of their assignment. */
export const repositoryRoles: ReadonlySet<string> = new Set(
  Object.keys(rows).filter((name) => name.startsWith('Container Registry Repository ')),
);

/** Roles meant for vulnerability scanners; giving one to a person is allowed, and warned about. */
export const quarantineRoles: ReadonlySet<string> = new Set(['AcrQuarantineReader', 'AcrQuarantineWriter']);

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
