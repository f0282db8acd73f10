import type { Definition } from '@berth/contracts';
import { parseRepositoryPattern } from '@berth/access';
import { decide, parsePrincipalRef, principalRef, type DecisionRequest, type Principal } from '@berth/policy-engine';
import { beforeEach, describe, expect, it } from 'vitest';
import { DefinitionsView } from './definitions-view.js';
import { account, registryId, uuidOf } from './state-copy.suite.js';

let view: DefinitionsView;

beforeEach(() => {
  view = new DefinitionsView();
  take({ kind: 'registry', id: registryId, name: 'local', region: 'eu-de', resourceGroup: 'main', plan: 'standard' });
});

const user = principalRef('user', uuidOf(90));
const group = principalRef('group', uuidOf(91));
const principal: Principal = { ref: user, account, groups: [group], scopeMapId: null };
const scope = { kind: 'registry', registryId } as const;

type Told = Definition extends infer D
  ? D extends Definition
    ? Omit<D, 'account' | 'version' | 'status' | 'changedAt'>
    : never
  : never;

function take(told: Told, more: { version?: number; status?: 'active' | 'deleted' } = {}): Definition {
  const definition = { account, version: 1, status: 'active', changedAt: '2026-11-01T00:00:00.000Z', ...told, ...more };
  // The parts make a whole definition of the kind that was told.
  view.upsert(definition as Definition);
  return definition as Definition;
}

function may(
  action: DecisionRequest['action'],
  repository: string | null = 'team/app',
  more: Partial<DecisionRequest> = {},
) {
  const pattern = repository === null ? null : parseRepositoryPattern(repository);
  return decide(view, { principal, action, account, registryId, repository: pattern, ...more }).effect === 'allow';
}

describe('decisions from the view follow each record of', () => {
  it('a custom role: its change concerns those who hold it', () => {
    const role = (actions: string[], more = {}) =>
      take(
        {
          kind: 'role-definition',
          id: uuidOf(20),
          name: 'Puller',
          description: null,
          actions,
          notActions: [],
          dataActions: [],
          notDataActions: [],
          assignableScopes: [{ kind: 'account' }],
        },
        more,
      );
    take({ kind: 'role-assignment', id: uuidOf(21), principal: group, role: uuidOf(20), scope });
    expect(may('content/read')).toBe(false);
    role(['Microsoft.ContainerRegistry/registries/pull/read']);
    expect(may('content/read')).toBe(true);
    role(['Microsoft.ContainerRegistry/registries/push/write'], { version: 2 });
    expect([may('content/read'), may('content/write')]).toEqual([false, true]);
    expect(() => role(['Microsoft.ContainerRegistry/registries/*'], { version: 3 })).toThrow('*');
    expect(may('content/write')).toBe(false);
  });

  it('an assignment under a condition, and one to a namespace', () => {
    const condition = { repositories: ['team/app'] };
    take({ kind: 'role-assignment', id: uuidOf(21), principal: user, role: 'AcrPull', scope, condition });
    expect([may('content/read'), may('content/read', 'team/other')]).toEqual([true, false]);
    const inTeam = { kind: 'namespace', registryId, namespace: 'team' } as const;
    take({ kind: 'role-assignment', id: uuidOf(22), principal: user, role: 'AcrPush', scope: inTeam });
    expect([may('content/write', 'team/other'), may('content/write', 'team-evil/app')]).toEqual([true, false]);
  });

  it('a namespace: with its resource group goes what is granted there', () => {
    const inGroup = { kind: 'resource-group', resourceGroup: 'ci' } as const;
    take({ kind: 'role-assignment', id: uuidOf(21), principal: user, role: 'AcrPull', scope: inGroup });
    expect(may('content/read')).toBe(false);
    const namespace = { kind: 'namespace', id: uuidOf(30), registryId, name: 'team', resourceGroup: 'ci' } as const;
    take(namespace);
    expect(may('content/read')).toBe(true);
    take(namespace, { version: 2, status: 'deleted' });
    expect(may('content/read')).toBe(false);
    expect(view.namespacesOf(registryId)).toEqual([]);
  });

  it('a namespace that cannot be read any more is in no resource group, not in that of its registry', () => {
    const inGroup = { kind: 'resource-group', resourceGroup: 'main' } as const;
    take({ kind: 'role-assignment', id: uuidOf(21), principal: user, role: 'AcrPull', scope: inGroup });
    take({ kind: 'namespace', id: uuidOf(30), registryId, name: 'team', resourceGroup: 'ci' });
    view.upsert({ ...take({ kind: 'namespace', id: uuidOf(30), registryId, name: 'team', resourceGroup: 'ci' }) });
    view.distrust('namespace', uuidOf(30));
    expect(view.namespace(registryId, 'team')?.resourceGroup).not.toBe('main');
    expect(view.namespace(registryId, 'team')).not.toBeNull();
  });

  it('an access policy', () => {
    const target = {
      serviceName: 'container-registry',
      serviceInstance: null,
      region: 'eu-de',
      resourceType: 'namespace',
      resource: 'team',
      resourceGroup: null,
      isForAllServices: false,
    };
    take({ kind: 'access-policy', id: uuidOf(40), subject: group, roles: ['Reader'], target });
    expect([may('content/read'), may('content/read', 'other/app'), may('content/write')]).toEqual([true, false, false]);
    take({ kind: 'access-policy', id: uuidOf(40), subject: group, roles: ['Viewer'], target }, { version: 2 });
    expect(may('content/read')).toBe(false);
  });

  it('enforcement: while it is off, users that the import brought hold the actions', () => {
    view = new DefinitionsView({ enforcementMandatoryFromMs: Date.UTC(2100, 0) });
    take({ kind: 'registry', id: registryId, name: 'local', region: 'eu-de', resourceGroup: null, plan: 'standard' });
    const imported = { principal: { ...principal, isImported: true }, context: { atMs: Date.UTC(2026, 0) } };
    take({ kind: 'enforcement', id: uuidOf(50), region: 'eu-de', isEnforced: false });
    expect(may('content/read', 'team/app', imported)).toBe(true);
    take({ kind: 'enforcement', id: uuidOf(50), region: 'eu-de', isEnforced: true }, { version: 2 });
    expect(may('content/read', 'team/app', imported)).toBe(false);
  });

  it('anonymous access', () => {
    const nobody: Principal = { ...principal, ref: parsePrincipalRef('anonymous:anonymous'), groups: [] };
    expect(may('content/read', 'public/app', { principal: nobody })).toBe(false);
    take({ kind: 'anonymous-access', id: registryId, registryId, repositories: ['public/*'] });
    expect(may('content/read', 'public/app', { principal: nobody })).toBe(true);
    expect(may('content/read', 'team/app', { principal: nobody })).toBe(false);
  });

  it('a prohibition; one that cannot be read forbids everything', () => {
    take({ kind: 'role-assignment', id: uuidOf(21), principal: user, role: 'Owner', scope: { kind: 'account' } });
    const prohibition = { kind: 'prohibition' as const, id: uuidOf(60), cause: 'lock' as const, exceptFrom: [] };
    const pattern = { kind: 'repository', registryId, pattern: 'team/*' } as const;
    take({ ...prohibition, scope: pattern, actions: ['content/write'] });
    expect([may('content/write'), may('content/read'), may('content/write', 'other/app')]).toEqual([false, true, true]);
    expect(() => take({ ...prohibition, scope: pattern, actions: ['no such thing'] }, { version: 2 })).toThrow();
    expect([may('content/read'), may('content/write', 'other/app')]).toEqual([false, false]);
    take({ ...prohibition, scope: pattern, actions: ['content/write'] }, { version: 3 });
    expect(may('content/read')).toBe(true);
    view.distrust('prohibition', uuidOf(60));
    expect([may('content/read'), may('tokens/read', null)]).toEqual([false, false]);
    take({ ...prohibition, scope: pattern, actions: [] }, { version: 4, status: 'deleted' });
    expect(may('content/write')).toBe(true);
  });
});
