import { parseScopes } from '@berth/access';
import { installation } from '@berth/contracts';
import {
  indexAccessPolicy,
  indexRoleDefinition,
  indexScopeMap,
  parsePrincipalRef,
  type DefinitionsView,
  type Principal,
  type RoleAssignment,
  type ScopeMap,
} from '@berth/policy-engine';
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

const asking = { registry, room: 14, epoch: 9, context: { atMs: Date.UTC(2026, 0, 1) }, incarnationOf };

function grant(actions: readonly string[], scope: string) {
  return grantAccess(viewOf(actions), { ...asking, principal, scopes: parseScopes([scope]) });
}

const read = 'repositories/team/app/content/read';
const catalog = { type: 'registry', name: 'catalog', actions: ['*'], inc: 0 };

const user = { ...principal, ref: parsePrincipalRef('user:u'), scopeMapId: null };
const active = { account: registry.account, version: 1, status: 'active' } as const;
const reader: RoleAssignment = { ...active, id: 'a', principal: user.ref, role: 'r', scope: { kind: 'account' } };
const readerRole = indexRoleDefinition({
  ...{ ...active, id: 'r', name: 'Lister', actions: ['registries/read'], notActions: [], dataActions: [] },
  ...{ notDataActions: [], assignableScopes: [{ kind: 'account' }] },
});
const target = { serviceName: 'container-registry', serviceInstance: null, region: null, resourceType: null };
const administrator = indexAccessPolicy({
  ...{ ...active, id: 'p', subject: user.ref, roles: ['Administrator'] },
  target: { ...target, resource: null, resourceGroup: null, isForAllServices: false },
});

describe('grantAccess', () => {
  it('gives what is asked and held, and names what granted it', () => {
    expect(grant([read], 'repository:team/app:pull')).toEqual({
      access: [{ type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 }],
      grants: new Map([[`scope-map:${scopeMapId}`, 4]]),
      endsAtMs: null,
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
      endsAtMs: null,
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
    expect(grant([], 'registry:catalog:*')).toMatchObject({ access: [catalog], grants: new Map(), isComplete: true });
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
    const scopes = parseScopes(['registry:catalog:*']);
    const opened = (who: Principal) => grantAccess(viewOf([]), { ...asking, scopes, principal: who }).access;
    const fewer = { ...user, groups: groups.slice(1) };
    expect(opened({ ...user, groups })).toEqual([]);
    expect(opened(fewer)).toEqual([catalog]);
    expect(opened({ ...principal, owner: { ...user, groups } })).toEqual([]);
    expect(opened({ ...principal, owner: fewer })).toEqual([catalog]);
  });

  it('adds metadata_read to a pull when it is held, and never without a pull', () => {
    const metadata = 'repositories/team/app/metadata/read';
    expect(grant([read, metadata], 'repository:team/app:pull').access[0]?.actions).toEqual(['pull', 'metadata_read']);
    expect(grant([metadata], 'repository:team/app:pull').access).toEqual([]);
  });

  it('adds sign to a push when it is held, and never without a push', () => {
    const [write, sign] = ['content/write', 'signature/write'].map((action) => `repositories/team/app/${action}`);
    const push = 'repository:team/app:pull,push';
    expect(grant([read, write ?? '', sign ?? ''], push).access[0]?.actions).toEqual(['pull', 'push', 'sign']);
    expect(grant([read, sign ?? ''], push).access[0]?.actions).toEqual(['pull']);
    expect(grant([read, write ?? '', sign ?? ''], 'repository:team/app:pull').access[0]?.actions).toEqual(['pull']);
  });

  it.each<[string, Partial<DefinitionsView>]>([
    ['the registry read, and nothing in it', { roleAssignmentsOf: () => [reader], roleDefinition: () => readerRole }],
    ['access given to others, as IBM’s Administrator alone', { accessPoliciesOf: () => [administrator] }],
  ])('D19 answers nothing to the pull of who may only have %s', (_what, held) => {
    const view: DefinitionsView = { scopeMap: () => null, roleAssignmentsOf: () => [], ...held };
    const scopes = parseScopes(['repository:team/app:pull']);
    expect(grantAccess(view, { ...asking, scopes, principal: user })).toMatchObject({ access: [], isComplete: false });
  });

  it.each([
    ['S3-06 who may pull quarantined images and no others', ['AcrQuarantineReader'], ['quarantine_read']],
    ['S3-05 who may change their state too', ['AcrQuarantineWriter'], ['quarantine_read']],
    ['S3-02 an Owner', ['Owner'], ['pull', 'metadata_read']],
    ['both', ['AcrPull', 'AcrQuarantineReader'], ['pull', 'metadata_read', 'quarantine_read']],
  ])('answers the plain pull of %s', (_who, roles, actions) => {
    const common = { account: registry.account, version: 1, status: 'active', principal: user.ref } as const;
    const assignments = roles.map((role, n) => ({ ...common, id: `a${n}`, role, scope: { kind: 'account' as const } }));
    const view: DefinitionsView = { scopeMap: () => null, roleAssignmentsOf: () => assignments };
    const scopes = parseScopes(['repository:team/app:pull']);
    expect(grantAccess(view, { ...asking, scopes, principal: user }).access[0]?.actions).toEqual(actions);
  });

  it.each([
    ['AcrQuarantineReader', ['quarantine_read']],
    ['Owner', undefined],
  ])('S3-02 S3-06 answers an %s who asks for quarantine_read alone', (role, actions) => {
    const common = { account: registry.account, version: 1, status: 'active', principal: user.ref } as const;
    const assignment = { ...common, id: 'a', role, scope: { kind: 'account' as const } };
    const view: DefinitionsView = { scopeMap: () => null, roleAssignmentsOf: () => [assignment] };
    const scopes = parseScopes(['repository:team/app:quarantine_read']);
    expect(grantAccess(view, { ...asking, scopes, principal: user }).access[0]?.actions).toEqual(actions);
  });
});
