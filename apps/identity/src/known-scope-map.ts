import { uuid } from '@berth/contracts';
import {
  systemScopeMap,
  systemScopeMapId,
  systemScopeMaps,
  type DefinitionsView,
  type ScopeMap,
} from '@berth/policy-engine';
import { z } from 'zod';
import type { RepositoryToken } from './repository-token.js';

/** The scope map of a token or fleet, a system map or one that somebody made; null = deleted, or not known here yet. */
export function scopeMapOf(
  view: Pick<DefinitionsView, 'scopeMap'>,
  { scopeMapId, account }: Pick<RepositoryToken, 'scopeMapId' | 'account'>,
): ScopeMap | null {
  return systemScopeMap(scopeMapId, account) ?? view.scopeMap(scopeMapId);
}

/** The system scope map of a name, which every registry has; null = it is no system map's name. */
export function systemScopeMapNamed(
  { id, account }: { readonly id: string; readonly account: string },
  name: string,
): ScopeMap | null {
  return systemScopeMaps.has(name) ? systemScopeMap(systemScopeMapId(id, name), account) : null;
}

/** How other services name a scope map: by its id, a system map as `<registry id>/<name>`. */
export const scopeMapAddress = z.object({ id: z.union([uuid, z.string().max(100).refine(isSystemScopeMapId)]) });

function isSystemScopeMapId(id: string): boolean {
  const [registryId, name = '', ...rest] = id.split('/');
  return uuid.safeParse(registryId).success && systemScopeMaps.has(name) && rest.length === 0;
}
