import { parseScopes } from '@berth/access';
import { installation } from '@berth/contracts';
import {
  indexAccessPolicy,
  indexRoleDefinition,
  indexScopeMap,
  parsePrincipalRef,
  type AssignmentScope,
  type DefinitionsView,
  type EnforcementRecord,
  type Principal,
  type RoleAssignment,
  type ScopeMapConditionRecord,
} from '@berth/policy-engine';
import { describe, expect, it } from 'vitest';
import { grantAccess } from './grant-access.js';

const { accountId: account, registryId } = installation;
const atMs = Date.UTC(2022, 0, 1);
const user: Principal = { ref: parsePrincipalRef('user:u'), account, groups: [], scopeMapId: null };
const device: Principal = { ...user, ref: parsePrincipalRef('token:t'), scopeMapId: 'm' };
const common = { account, version: 4, status: 'active' } as const;
const places = `account-places:${account}`;
const definitions = `account-definitions:${account}`;
const nothing: DefinitionsView = {
  scopeMap: () => null,
  roleAssignmentsOf: () => [],
  registry: () => ({ id: registryId, account, status: 'active', region: 'eu-de', resourceGroup: 'ci' }),
};

function grant(view: DefinitionsView, scopes: readonly string[], asked: { principal?: Principal; room?: number } = {}) {
  const { principal = user, room = 14 } = asked;
  const registry = { id: registryId, account };
  const request = { principal, registry, room, epoch: 9, context: { atMs, address: '10.1.2.3' } };
  return grantAccess({ ...nothing, ...view }, { ...request, scopes: parseScopes(scopes), incarnationOf: () => 0 });
}

function assignmentsOf(...assignments: readonly Partial<RoleAssignment>[]): DefinitionsView {
  const all = assignments.map((each, n) => ({
    ...{ ...common, id: `a${n}`, principal: user.ref, role: 'AcrPull', scope: { kind: 'account' as const } },
    ...each,
  }));
  return { ...nothing, roleAssignmentsOf: (ref) => all.filter(({ principal }) => principal === ref) };
}

function onRepository(pattern: string): AssignmentScope {
  return { kind: 'repository', registryId, pattern: pattern as never };
}

const pull = ['repository:team/app:pull'];

describe('what a token says it was decided from', () => {
  it('D22 is the assignment and the custom role, each with its version', () => {
    const role = indexRoleDefinition({
      ...{ ...common, id: 'r', version: 7, name: 'Puller', notActions: [], dataActions: [], notDataActions: [] },
      ...{ actions: ['pull'], assignableScopes: [{ kind: 'account' }] },
    });
    const view = { ...assignmentsOf({ role: 'r' }), roleDefinition: () => role };
    expect([...grant(view, pull).grants]).toEqual([
      ['role-assignment:a0', 4],
      ['role-definition:r', 7],
    ]);
  });

  it.each<[string, DefinitionsView, boolean]>([
    [
      'an assignment to a resource group',
      assignmentsOf({ scope: { kind: 'resource-group', resourceGroup: 'ci' } }),
      true,
    ],
    ['an assignment to a registry', assignmentsOf({ scope: { kind: 'registry', registryId } }), false],
    ['a policy for one region', withPolicy({ region: 'eu-de' }), true],
    ['a policy for one resource group', withPolicy({ resourceGroup: 'ci' }), true],
    ['a policy for the service', withPolicy({}), false],
    ['a role that is assignable in a resource group', withRole({ kind: 'resource-group', resourceGroup: 'ci' }), true],
    ['a role that is assignable everywhere', withRole({ kind: 'account' }), false],
  ])('D22 holds where things are for %s, if that decided', (_what, view, isByPlace) => {
    const { grants, access } = grant(view, pull);
    expect(access).toHaveLength(1);
    expect(grants.get(places)).toBe(isByPlace ? 9 : undefined);
  });

  it('S4 is the region without enforcement, where it is, and until it is mandatory', () => {
    const record: EnforcementRecord = { ...common, id: 'e', region: 'eu-de', isEnforced: false };
    const mandatoryMs = atMs + 120_000;
    const view = { ...nothing, enforcementsOf: () => [record], enforcementMandatoryFromMs: () => mandatoryMs };
    const { grants, endsAtMs } = grant(view, pull, { principal: { ...user, isImported: true } });
    expect([...grants]).toEqual([
      ['enforcement:e', 4],
      [places, 9],
    ]);
    expect(endsAtMs).toBe(mandatoryMs);
  });

  it('is the account as a whole when there is no room for all of it, and grants no less', () => {
    const names = Array.from({ length: 6 }, (_, n) => `team/app${n}`);
    const view = assignmentsOf(...names.map((name) => ({ scope: onRepository(name) })));
    const scopes = names.map((name) => `repository:${name}:pull`);
    expect([...grant(view, scopes, { room: 6 }).grants.keys()]).toEqual(names.map((_, n) => `role-assignment:a${n}`));
    const { grants, access, isComplete } = grant(view, scopes, { room: 3 });
    expect([...grants]).toEqual([
      ['role-assignment:a0', 4],
      ['role-assignment:a1', 4],
      [definitions, 9],
    ]);
    expect([access.length, isComplete]).toEqual([6, true]);
    expect([...grant(view, scopes, { room: 1 }).grants]).toEqual([[definitions, 9]]);
  });

  it('is what the owner of a token holds as well', () => {
    const owner = { ...user, ref: parsePrincipalRef('user:owner') };
    const view = { ...assignmentsOf({ principal: owner.ref }), ...withMap([]) };
    const principal = { ...device, owner };
    expect([...grant(view, pull, { principal }).grants.keys()]).toEqual(['scope-map:m', 'role-assignment:a0']);
    expect(grant({ ...nothing, ...withMap([]) }, pull, { principal }).access).toEqual([]);
  });
});

describe('the conditions of a scope map in a token', () => {
  const at = (ms: number) => new Date(ms).toISOString();
  const ask = (conditions: readonly ScopeMapConditionRecord[]) =>
    grant({ ...nothing, ...withMap(conditions) }, ['repository:team/app:pull,push', 'repository:free/app:pull'], {
      principal: device,
    });

  it('stand with the entries of the repositories that they bind, and with no other', () => {
    const notAfter = at(atMs + 60_000);
    const { access, endsAtMs } = ask([
      { repository: 'team/*', tags: ['v*'], cidrs: ['10.0.0.0/8'] },
      { repository: 'team/app', notAfter },
    ]);
    expect(access).toEqual([
      {
        ...{ type: 'repository', name: 'team/app', actions: ['pull', 'push'], inc: 0 },
        when: [{ tags: ['v*'], cidrs: ['10.0.0.0/8'] }, { notAfter }],
      },
      { type: 'repository', name: 'free/app', actions: ['pull'], inc: 0 },
    ]);
    expect(endsAtMs).toBe(atMs + 60_000);
  });

  it.each([
    ['from elsewhere', { cidrs: ['192.0.2.0/24'] }],
    ['too early', { notBefore: at(atMs + 1000) }],
    ['too late', { notAfter: at(atMs) }],
  ])('grant nothing %s', (_what, condition) => {
    expect(ask([{ repository: 'team/app', ...condition }]).access.map(({ name }) => name)).toEqual(['free/app']);
  });

  it('grant nothing when a token can not name them all', () => {
    const many = Array.from({ length: 17 }, (_, n) => ({ repository: 'team/*', tags: [`v${n}*`] }));
    expect(ask(many).access.map(({ name }) => name)).toEqual(['free/app']);
    expect(ask(many.slice(1)).access.map(({ name }) => name)).toEqual(['team/app', 'free/app']);
  });
});

function withPolicy(target: { readonly region?: string; readonly resourceGroup?: string }): DefinitionsView {
  const { region = null, resourceGroup = null } = target;
  const policy = indexAccessPolicy({
    ...{ ...common, id: 'p', subject: user.ref, roles: ['Reader'] },
    target: {
      ...{ serviceName: 'container-registry', serviceInstance: null, resourceType: null, resource: null },
      ...{ region, resourceGroup, isForAllServices: false },
    },
  });
  return { ...nothing, accessPoliciesOf: () => [policy] };
}

function withRole(scope: AssignmentScope): DefinitionsView {
  const role = indexRoleDefinition({
    ...{ ...common, id: 'r', name: 'Puller', notActions: [], dataActions: [], notDataActions: [] },
    ...{ actions: ['pull'], assignableScopes: [scope] },
  });
  return { ...assignmentsOf({ role: 'r', scope: { kind: 'registry', registryId } }), roleDefinition: () => role };
}

function withMap(conditions: readonly ScopeMapConditionRecord[]): Pick<DefinitionsView, 'scopeMap'> {
  const actions = ['repositories/*/content/read', 'repositories/team/*/content/write'];
  const map = indexScopeMap({ ...common, id: 'm', registryId, name: 'map', actions, conditions });
  return { scopeMap: () => map };
}
