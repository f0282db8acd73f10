import { dockerNameOf, type Action } from '@berth/access';
import type { DataPlaneRoute, RepositoryName, Tag } from '@berth/oci';

/** What a token must open for a request. */
export type Need = RepositoryNeed | { readonly kind: 'catalog' };

export interface RepositoryNeed {
  readonly kind: 'repository';
  readonly name: RepositoryName;
  /** All of these. */
  readonly actions: readonly Action[];
  /** What the request is for; the last of them. */
  readonly purpose: Action;
  /** Where a blob shall be mounted from, if it may be read there; null = nothing is mounted. */
  readonly mountFrom: RepositoryName | null;
}

/** Who may push may pull: `content/write` alone opens nothing. */
const push = { actions: ['content/read', 'content/write'], purpose: 'content/write' } as const;
const pull = { actions: ['content/read'], purpose: 'content/read' } as const;
const list = { actions: ['metadata/read'], purpose: 'metadata/read' } as const;
const remove = { actions: ['content/delete'], purpose: 'content/delete' } as const;

/** `content/write` never removes, `content/delete` never writes. */
const contentActions = { GET: pull, HEAD: pull, PUT: push, DELETE: remove } as const;

const none: readonly Tag[] = [];

/** What a route needs, or null when any valid token will do. */
export function needOf(route: DataPlaneRoute): Need | null {
  switch (route.endpoint) {
    case 'manifest':
    case 'blob':
      return inRepository(route.name, contentActions[route.method]);
    case 'start-upload': {
      const { mount, from } = route.query;
      return inRepository(route.name, push, mount === null || from === route.name ? null : from);
    }
    case 'upload':
      return inRepository(route.name, push);
    case 'tags':
      return inRepository(route.name, list);
    case 'referrers':
      return inRepository(route.name, pull);
    case 'catalog':
      return { kind: 'catalog' };
    case 'base':
    case 'unsupported':
      return null;
  }
}

/**
 * What opens to who may pull what is in quarantine and nothing else: manifests by their digest, and blobs. It is reading all
 * the same, so that whatever is forbidden to who reads is forbidden here. Null for every other route.
 */
export function quarantineNeedOf(route: DataPlaneRoute): RepositoryNeed | null {
  if (route.endpoint !== 'manifest' && route.endpoint !== 'blob') return null;
  if (route.method !== 'GET' && route.method !== 'HEAD') return null;
  if (route.endpoint === 'manifest' && route.reference.kind === 'tag') return null;
  return inRepository(route.name, { actions: ['quarantine/read'], purpose: 'content/read' });
}

/**
 * Every tag that a request names itself to write or delete. A manifest that is deleted by its digest takes others with it:
 * which, only the use case finds out. Of which tags a blob that is deleted is a part is not known: null.
 */
export function tagsOf(route: DataPlaneRoute): readonly Tag[] | null {
  if (route.endpoint === 'blob' && route.method === 'DELETE') return null;
  if (route.endpoint !== 'manifest' || route.method === 'GET' || route.method === 'HEAD') return none;
  return route.reference.kind === 'tag' ? [route.reference.tag] : route.query.tags;
}

/** The scope that opens what is needed, as challenges name it. */
export function scopeOf(need: Need | null): string | undefined {
  if (need === null) return undefined;
  if (need.kind === 'catalog') return 'registry:catalog:*';
  const scope = scopeOn(need.name, need.actions);
  return need.mountFrom === null ? scope : `${scope} ${scopeOn(need.mountFrom, pull.actions)}`;
}

function inRepository(
  name: RepositoryName,
  { actions, purpose }: Pick<RepositoryNeed, 'actions' | 'purpose'>,
  mountFrom: RepositoryName | null = null,
): RepositoryNeed {
  return { kind: 'repository', name, actions, purpose, mountFrom };
}

function scopeOn(name: RepositoryName, actions: readonly Action[]): string {
  return `repository:${name}:${actions.map((action) => dockerNameOf(action) ?? '').join(',')}`;
}
