import type { RepositoryName } from '@berth/oci';
import type { Action } from './action.js';
import { dockerNameOf } from './action-spelling.js';

/** What an access token opens: one repository and Docker names of actions. */
export interface AccessEntry {
  readonly type: 'repository';
  readonly name: RepositoryName;
  readonly actions: readonly string[];
}

/** An entry as it may stand in a token: of a repository, of the catalog, or of what nobody here knows. */
export interface AccessClaim {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/**
 * Whether one of the entries allows the action on exactly this repository. Nothing in an entry is a pattern: `*` as an
 * action or in a name covers nothing.
 *
 * @param entries 0 to about 100, any order
 */
export function accessCovers(
  entries: readonly AccessClaim[],
  wanted: { readonly name: RepositoryName; readonly action: Action },
): boolean {
  const dockerName = dockerNameOf(wanted.action);
  if (dockerName === null) return false;
  return entries.some(
    (entry) => entry.type === 'repository' && entry.name === wanted.name && entry.actions.includes(dockerName),
  );
}

/**
 * Whether one of the entries allows to list the repositories of the registry. It says nothing of which are on the list.
 *
 * @param entries 0 to about 100, any order
 * @source Docker registry token authentication "Resource Scope", `registry:catalog:*`
 */
export function accessOpensCatalog(entries: readonly AccessClaim[]): boolean {
  return entries.some(({ type, name, actions }) => type === 'registry' && name === 'catalog' && actions.includes('*'));
}
