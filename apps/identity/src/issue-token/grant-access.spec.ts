import { parseScopes } from '@berth/access';
import { installation } from '@berth/contracts';
import { indexScopeMap, parsePrincipalRef, type DefinitionsView, type ScopeMap } from '@berth/policy-engine';
import { describe, expect, it } from 'vitest';
import { grantAccess } from './grant-access.js';

const registry = { id: installation.registryId, account: installation.accountId };
const scopeMapId = '01900000-0000-7000-8000-00000000000a';
const principal = {
  ref: parsePrincipalRef('token:01900000-0000-7000-8000-00000000000c'),
  account: registry.account,
  groups: [],
  scopeMapId,
};

function viewOf(actions: readonly string[]): DefinitionsView {
  const map: ScopeMap = indexScopeMap({
    id: scopeMapId,
    account: registry.account,
    registryId: registry.id,
    name: 'map',
    version: 4,
    status: 'active',
    actions,
  });
  return { scopeMap: (id) => (id === scopeMapId ? map : null), roleAssignmentsOf: () => [] };
}

/** `team/old` was deleted once. */
const incarnationOf = (name: string) => (name === 'team/old' ? 7 : 0);

function grant(actions: readonly string[], scope: string, room = 14) {
  return grantAccess(viewOf(actions), { principal, registry, scopes: parseScopes([scope]), room, incarnationOf });
}

const read = 'repositories/team/app/content/read';
const catalog = { type: 'registry', name: 'catalog', actions: ['*'], inc: 0 };

describe('grantAccess', () => {
  it('gives what is asked and held, and names what granted it', () => {
    expect(grant([read], 'repository:team/app:pull')).toEqual({
      access: [{ type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 }],
      grants: new Map([[`scope-map:${scopeMapId}`, 4]]),
      isComplete: true,
    });
  });

  it('gives the part that is held, and says that it is not all', () => {
    const { access, isComplete } = grant([read], 'repository:team/app:pull,push');
    expect(access).toEqual([{ type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 }]);
    expect(isComplete).toBe(false);
  });

  it('B1 leaves a repository out of which nothing is held', () => {
    expect(grant([read], 'repository:victim/app:pull,push')).toEqual({
      access: [],
      grants: new Map(),
      isComplete: false,
    });
  });

  it('B2 answers a star with the actions held, never with a star', () => {
    expect(grant([read], 'repository:team/app:*').access).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 },
    ]);
  });

  it('B3 gives nothing for a name on another host', () => {
    expect(grant([read], 'repository:host:5000/team/app:pull').access).toEqual([]);
  });

  it('B6 drops what is no action, and doubles', () => {
    expect(grant([read], 'repository:team/app:pull,,delete,PULL,pull').access).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 },
    ]);
  });

  it('B7 judges two scopes of one parameter each on its own', () => {
    expect(grant([read], 'repository:team/app:pull repository:victim/app:push').access).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 },
    ]);
  });

  it('B11 takes a prefix to end at a slash', () => {
    const { access } = grant(['repositories/team/*/content/read'], 'repository:team-evil/app:pull');
    expect(access).toEqual([]);
  });

  it('names the incarnation of each repository', () => {
    const { access } = grant(['repositories/team/*/content/read'], 'repository:team/old:pull repository:team/new:pull');
    expect(access.map(({ name, inc }) => [name, inc])).toEqual([
      ['team/old', 7],
      ['team/new', 0],
    ]);
  });

  it('B12 opens the catalog to whoever asks, as itself and no repository', () => {
    expect(grant([], 'registry:catalog:*')).toEqual({ access: [catalog], grants: new Map(), isComplete: true });
    const { access, isComplete } = grant([read], 'registry:catalog:* repository:team/app:pull,push');
    expect(access).toEqual([catalog, { type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 }]);
    expect(isComplete).toBe(false);
  });

  it.each(['registry:catalog:pull', 'registry:other:*', 'registry:catalog/sub:*', 'catalog:catalog:*'])(
    'B12 takes %s for no catalog',
    (scope) => {
      expect(grant(['repositories/*/content/read'], scope)).toMatchObject({ access: [], isComplete: false });
    },
  );

  it('gives no catalog to somebody in more groups than a token names', () => {
    const groups = Array.from({ length: 201 }, (_, n) => parsePrincipalRef(`group:${n}`));
    const user = { ...principal, ref: parsePrincipalRef('user:u'), scopeMapId: null };
    const scopes = parseScopes(['registry:catalog:*']);
    const ask = { registry, scopes, room: 14, incarnationOf };
    expect(grantAccess(viewOf([]), { ...ask, principal: { ...user, groups } })).toMatchObject({ access: [] });
    const fewer = { ...user, groups: groups.slice(1) };
    expect(grantAccess(viewOf([]), { ...ask, principal: fewer }).access).toEqual([catalog]);
  });

  it('adds metadata_read to a pull when it is held, and never without a pull', () => {
    const metadata = 'repositories/team/app/metadata/read';
    expect(grant([read, metadata], 'repository:team/app:pull').access[0]?.actions).toEqual(['pull', 'metadata_read']);
    expect(grant([metadata], 'repository:team/app:pull').access).toEqual([]);
  });

  it('grants nothing that the ver claim has no room for', () => {
    expect(grant([read], 'repository:team/app:pull', 0)).toEqual({ access: [], grants: new Map(), isComplete: false });
  });
});
