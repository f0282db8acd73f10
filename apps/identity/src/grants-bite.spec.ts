import {
  installation,
  type AccessPolicyDefinition,
  type Definition,
  type NamespaceDefinition,
  type RegistryDefinition,
  type RoleAssignmentDefinition,
  type RoleDefinitionDefinition,
  type ScopeMapDefinition,
} from '@berth/contracts';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, loginServer, type IdentityReplica } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

const { accountId, registryId, adminUserId, registryName } = installation;
const common = { account: accountId, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' } as const;
const admin = `user:${adminUserId}`;
const inCi = { kind: 'resource-group', resourceGroup: 'ci' } as const;
const target = { serviceName: 'container-registry', serviceInstance: null, region: null, resourceType: null };

/** `admin` has what each test gives, and nothing else. */
describe('a change of what grants bites at once', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;

  beforeAll(async () => {
    place = await IdentityPlace.start();
    ({ identity, policy } = place);
    give<RoleAssignmentDefinition>({ ...policy.giveAdmin({ kind: 'account' }), status: 'deleted' });
  });
  afterAll(() => place.stop());

  const give = <D extends Definition>(definition: Omit<D, 'version'>): D => policy.set<D>(definition as never);

  function assign(assignment: Partial<RoleAssignmentDefinition>): RoleAssignmentDefinition {
    return give<RoleAssignmentDefinition>({
      ...{ kind: 'role-assignment', id: uuidv7(), ...common, principal: admin, role: 'AcrPull' },
      scope: { kind: 'registry', registryId },
      ...assignment,
    });
  }

  function locate(change: Partial<RegistryDefinition>): RegistryDefinition {
    return give<RegistryDefinition>({
      ...{ kind: 'registry', id: registryId, ...common, name: registryName, plan: 'standard' },
      ...{ region: 'eu-de', resourceGroup: 'ci' },
      ...change,
    });
  }

  async function claims(...scopes: string[]) {
    await identity.follow();
    const parameters = ['repository:team/app:pull', ...scopes].map((scope) => ['scope', scope] as const);
    const answer = await identity.askForToken([['service', loginServer], ...parameters], `admin:${adminPassword}`);
    expect(answer.statusCode).toBe(200);
    return identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
  }

  /** For what these claims are refused after all that was decided, and what whoever asks again gets. */
  async function after(before: { ver: Record<string, number>; iat: number }) {
    await identity.follow();
    const refusedBy = (await identity.accessState()).refusedBy(before.ver, before.iat);
    const now = await claims();
    expect((await identity.accessState()).refusedBy(now.ver, now.iat)).toBeNull();
    return [refusedBy, now.access.length];
  }

  it('D22 S2-23 of an action that a custom role no longer has', async () => {
    const role: Omit<RoleDefinitionDefinition, 'version'> = {
      ...{ kind: 'role-definition', id: uuidv7(), ...common, name: 'Puller', description: null },
      ...{ actions: ['pull', 'push'], notActions: [], dataActions: [], notDataActions: [] },
      assignableScopes: [{ kind: 'account' }],
    };
    give<RoleDefinitionDefinition>(role);
    const assignment = assign({ role: role.id });
    const before = await claims();
    expect(Object.keys(before.ver)).toEqual([admin, `role-assignment:${assignment.id}`, `role-definition:${role.id}`]);
    give<RoleDefinitionDefinition>({ ...role, description: 'pulls' });
    expect(await after(before)).toEqual([null, 1]);
    give<RoleDefinitionDefinition>({ ...role, actions: ['push'] });
    expect(await after(before)).toEqual([`role-definition:${role.id}`, 0]);
    assign({ ...assignment, status: 'deleted' });
  });

  it('D22 S4 of an access policy that is narrowed, and of one that is deleted', async () => {
    const granted = give<AccessPolicyDefinition>({
      ...{ kind: 'access-policy', id: uuidv7(), ...common, subject: admin, roles: ['Reader'] },
      target: { ...target, resource: null, resourceGroup: null, isForAllServices: false },
    });
    const first = await claims();
    const narrowed = { ...granted.target, resourceType: 'namespace', resource: 'team' };
    give<AccessPolicyDefinition>({ ...granted, target: narrowed });
    expect(await after(first)).toEqual([`access-policy:${granted.id}`, 1]);
    const second = await claims();
    give<AccessPolicyDefinition>({ ...granted, target: narrowed, status: 'deleted' });
    expect(await after(second)).toEqual([`access-policy:${granted.id}`, 0]);
  });

  it('D22 of a registry that is moved out of the resource group that an assignment is for', async () => {
    locate({});
    const assignment = assign({ scope: inCi });
    const before = await claims();
    locate({ plan: 'premium' });
    expect(await after(before)).toEqual([null, 1]);
    locate({ resourceGroup: 'elsewhere' });
    expect(await after(before)).toEqual([`account-places:${accountId}`, 0]);
    locate({});
    assign({ ...assignment, status: 'deleted' });
  });

  it('D22 of a namespace that is made known in a resource group of its own', async () => {
    const granted = give<AccessPolicyDefinition>({
      ...{ kind: 'access-policy', id: uuidv7(), ...common, subject: admin, roles: ['Reader'] },
      target: { ...target, resource: null, resourceGroup: 'ci', isForAllServices: false },
    });
    const before = await claims();
    const namespace = { kind: 'namespace', id: uuidv7(), ...common, registryId, name: 'team' } as const;
    give<NamespaceDefinition>({ ...namespace, resourceGroup: 'elsewhere' });
    expect(await after(before)).toEqual([`account-places:${accountId}`, 0]);
    give<NamespaceDefinition>({ ...namespace, resourceGroup: 'elsewhere', status: 'deleted' });
    give<AccessPolicyDefinition>({ ...granted, status: 'deleted' });
  });

  it('D22 of any definition, where a token rests upon more than it can name', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `many/app${n}`);
    const assignments = names.map((pattern) => assign({ scope: { kind: 'repository', registryId, pattern } }));
    const before = await claims(...names.map((name) => `repository:${name}:pull`));
    expect(before.access).toHaveLength(20);
    expect(Object.keys(before.ver)).toHaveLength(16);
    const last = assignments.at(-1);
    expect(Object.keys(before.ver)).not.toContain(`role-assignment:${last?.id}`);
    assign({ ...last, status: 'deleted' });
    expect(await after(before)).toEqual([`account-definitions:${accountId}`, 0]);
    for (const each of assignments) assign({ ...each, status: 'deleted' });
  });

  it('S1 of a condition that a scope map gets, and a token never ends after it', async () => {
    assign({ role: 'Owner', scope: { kind: 'account' } });
    const map = policy.setScopeMap('bound', ['repositories/team/*/content/read']);
    await identity.follow();
    await identity.manage('PUT', '/tokens/device-1', { scopeMap: 'bound' });
    const { password } = (await identity.manage('POST', '/tokens/device-1/passwords', { slot: 1 })).json();
    const asDevice = async (address: string) => {
      const parameters = [['service', loginServer] as const, ['scope', 'repository:team/app:pull'] as const];
      const answer = await identity.askForToken(parameters, `device-1:${password}`, { address });
      return identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
    };
    const before = await asDevice('10.0.0.1');
    const notAfter = new Date((before.iat + 20) * 1000).toISOString();
    const condition = { repository: 'team/*', cidrs: ['10.0.0.0/8'], notAfter };
    give<ScopeMapDefinition>({ ...map, conditions: [condition] });
    await identity.follow();
    expect((await identity.accessState()).refusedBy(before.ver, before.iat)).toBe(`scope-map:${map.id}`);
    const bound = await asDevice('10.0.0.1');
    expect(bound.access).toMatchObject([{ name: 'team/app', when: [{ cidrs: ['10.0.0.0/8'], notAfter }] }]);
    expect(bound.exp).toBe(before.iat + 20);
    expect((await asDevice('192.0.2.1')).access).toEqual([]);
    const now = new Date(before.iat * 1000 + 900).toISOString();
    give<ScopeMapDefinition>({ ...map, conditions: [{ ...condition, notAfter: now }] });
    await identity.follow();
    expect((await asDevice('10.0.0.1')).access).toEqual([]);
  });
});
