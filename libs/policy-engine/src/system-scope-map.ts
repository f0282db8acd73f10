import { indexScopeMap } from './scope-map.js';
import type { ScopeMap } from './scope-map.js';

const pull = ['content/read'];
const push = ['content/read', 'content/write'];

/** Lines of the scope maps that every registry has and nobody can change, by name. */
export const systemScopeMaps: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    _repositories_pull: pull,
    _repositories_push: push,
    _repositories_admin: [...push, 'content/delete', 'metadata/read', 'metadata/write'],
    _repositories_pull_metadata_read: [...pull, 'metadata/read'],
    _repositories_push_metadata_write: [...push, 'metadata/read', 'metadata/write'],
  }).map(([name, actions]) => [name, actions.map((action) => `repositories/*/${action}`)]),
);

const separator = '/_repositories_';

/** How a token names a system scope map of its registry: its id, which no other registry has. */
export function systemScopeMapId(registryId: string, name: string): string {
  return `${registryId}/${name}`;
}

/**
 * The system scope map with an id of {@link systemScopeMapId}, or null. Its version is 1 for ever.
 *
 * @source Azure Container Registry "Repository-scoped permissions", system-defined scope maps
 */
export function systemScopeMap(id: string, account: string): ScopeMap | null {
  const at = id.lastIndexOf(separator);
  if (at <= 0) return null;
  const name = id.slice(at + 1);
  const actions = systemScopeMaps.get(name);
  if (actions === undefined) return null;
  const key = JSON.stringify([id, account]);
  let map = made.get(key);
  if (map === undefined) {
    map = indexScopeMap({ id, account, registryId: id.slice(0, at), name, version: 1, status: 'active', actions });
    if (made.size >= maxMade) made.clear();
    made.set(key, map);
  }
  return map;
}

/** Indexing takes longer than a decision; five for each registry that is in use. */
const made = new Map<string, ScopeMap>();
const maxMade = 10_000;
