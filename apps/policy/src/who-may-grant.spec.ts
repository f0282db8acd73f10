import { randomUUID } from 'node:crypto';
import { installation } from '@berth/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants, somebody } from './grants.suite.js';
import { recordOf } from './identity-stand-in.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let grants: Grants;

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
});

afterEach(() => {
  vi.restoreAllMocks();
  [policy.identity.tokens, policy.identity.principals] = [0, []];
});

afterAll(async () => {
  await policy.stop();
});

const local = '/registries/local';
const team = `${local}/repositories/team/*`;
const wholeService = { serviceName: 'container-registry' };
const policyFor = (subject: string, roles: readonly string[], target: object = wholeService) => ({
  subject,
  roles,
  target,
});

describe('role assignments, role definitions and access policies are written by the Owner of a scope that contains the target', () => {
  it('an Owner of some repositories assigns roles on them, and nowhere else', async () => {
    const { token } = await grants.holderOf('Owner', team);
    expect((await grants.assign('user:1', 'AcrPush', `${local}/repositories/team/app`, { token })).status).toBe(201);
    const refusals = grants.refusals();
    for (const scope of ['/', '/resource-groups/ci', local, `${local}/namespaces/team`, `${local}/repositories/*`]) {
      expect((await grants.assign('user:1', 'AcrPush', scope, { token })).status, scope).toBe(403);
    }
    expect((await grants.assign('user:1', 'AcrPush', `${local}/repositories/team-evil/a`, { token })).status).toBe(403);
    expect(refusals).toHaveLength(6);
    expect(refusals[0]).toMatchObject([
      { event: 'refused', action: 'roleAssignments/write', asked: expect.any(String) },
    ]);
  });

  it('a role definition needs the Owner of every assignable scope, old and new', async () => {
    const { token } = await grants.holderOf('Owner', team);
    const app = `${local}/repositories/team/app`;
    const roleOf = (scopes: readonly string[]) => {
      return { Name: 'team role', Actions: ['content/read'], AssignableScopes: scopes };
    };
    const create = async (scopes: readonly string[]) =>
      (await grants.call('POST', '/role-definitions', { body: roleOf(scopes), token })).status;
    const refusals = grants.refusals();
    expect([await create(['/']), await create([app, local])]).toEqual([403, 403]);
    const target = { resourceName: 'team role' };
    expect(refusals[0]).toMatchObject([{ event: 'refused', action: 'roleDefinitions/write', target }]);
    expect(await create([app])).toBe(201);
    const path = '/role-definitions/team%20role';
    const patch = (body: object) => grants.call('PATCH', path, { body, token });
    expect((await patch({ AssignableScopes: ['/'] })).status).toBe(403);
    await grants.call('PATCH', path, { body: { AssignableScopes: [app, local] } });
    expect((await patch({ Actions: ['content/write'] })).status).toBe(403);
    expect((await patch({ AssignableScopes: [app] })).status).toBe(403);
    expect((await grants.call('DELETE', path, { token })).status).toBe(403);
  });

  it.each(['Contributor', 'Reader', 'AcrPush', 'AcrPull', 'AcrDelete', 'AcrImageSigner', 'AcrQuarantineWriter'])(
    'the %s writes none',
    async (role) => {
      const { token, ref } = await grants.holderOf(role, '/');
      expect((await grants.assign(ref, 'AcrPull', '/', { token })).status).toBe(403);
      const body = policyFor(ref, ['Reader']);
      expect((await grants.call('POST', '/access-policies', { token, body })).status).toBe(403);
      const own = { Name: `by ${role}`, Actions: ['pull'], AssignableScopes: ['/'] };
      expect((await grants.call('POST', '/role-definitions', { token, body: own })).status).toBe(403);
    },
  );

  it('who writes none anywhere is told alike of what is there and what is not', async () => {
    const { token } = await grants.holderOf('Contributor', '/');
    const answers = async (write: (scope: string) => Promise<{ status: number; json: object }>) => {
      const [known, unknown] = [await write(local), await write('/registries/nowhere')];
      expect(known.status).toBe(403);
      expect({ ...unknown.json, requestId: '' }).toEqual({ ...known.json, requestId: '' });
    };
    const role = (scope: string) => ({ Name: 'a role', Actions: ['content/read'], AssignableScopes: [scope] });
    await answers((scope) => grants.assign('user:1', 'AcrPull', scope, { token }));
    await answers((scope) => grants.call('POST', '/role-definitions', { body: role(scope), token }));
    await answers((scope) => grants.call('PUT', '/role-definitions/a%20role', { body: role(scope), token }));
  });

  it('what an Owner of a registry takes away must lie in it', async () => {
    const { token } = await grants.holderOf('Owner', local);
    const inside = await grants.assign(somebody().ref, 'AcrPull', team);
    const outside = await grants.assign(somebody().ref, 'AcrPull', '/');
    const remove = (id: unknown) => grants.call('DELETE', `/role-assignments/${String(id)}`, { token });
    expect((await remove(inside.json['id'])).status).toBe(204);
    expect((await remove(outside.json['id'])).status).toBe(403);
    const told = await grants.told('definition-changed', `role-assignment:${String(inside.json['id'])}`);
    expect(told.map(({ status }) => status)).toEqual(['active', 'deleted']);
  });

  it('an Owner of a resource group writes those in it, and in namespaces elsewhere that belong to it', async () => {
    await grants.call('PUT', `${local}/namespaces/grouped`, { body: { resourceGroup: 'blue' } });
    const { token } = await grants.holderOf('Owner', '/resource-groups/blue');
    const write = async (scope: string) => (await grants.assign('user:1', 'AcrPull', scope, { token })).status;
    for (const scope of ['/resource-groups/blue', `${local}/namespaces/grouped`, `${local}/repositories/grouped/app`]) {
      expect(await write(scope), scope).toBe(201);
    }
    for (const scope of ['/', '/resource-groups/green', local, `${local}/namespaces/other`]) {
      expect(await write(scope), scope).toBe(403);
    }
    const inNamespace = encodeURIComponent(`${local}/namespaces/grouped`);
    const listed = await grants.call('GET', `/role-assignments?scope=${inNamespace}`, { token });
    expect(listed.json['items']).toHaveLength(1);
  });

  it('an Owner through a group is one', async () => {
    const group = 'group:owners';
    await grants.assign(group, 'Owner', local);
    const { token } = somebody('user', { groups: [group] });
    expect((await grants.assign('user:1', 'Reader', team, { token })).status).toBe(201);
  });
});

describe('IBM: the Administrator writes them too', () => {
  it('S4-17 S4-20 gives and takes access policies within the region of the policy', async () => {
    const { ref, token } = somebody();
    const here = { ...wholeService, region: 'eu-de' };
    await grants.call('POST', '/access-policies', { body: policyFor(ref, ['Administrator'], here) });
    const give = (target: object) =>
      grants.call('POST', '/access-policies', { token, body: policyFor('user:2', ['Manager'], target) });
    const given = await give({ ...here, resourceType: 'namespace', resource: 'team' });
    expect(given.status).toBe(201);
    expect((await give(wholeService)).status).toBe(403);
    expect((await give({ ...wholeService, region: 'us-south' })).status).toBe(403);
    const path = `/access-policies/${String(given.json['id'])}`;
    const moved = policyFor('user:2', ['Manager'], wholeService);
    expect((await grants.call('PUT', path, { token, body: moved })).status).toBe(403);
    expect((await grants.call('DELETE', path, { token })).status).toBe(204);
  });

  it('S4-19 an Administrator without region assigns roles, and holds nothing in the registry', async () => {
    const { ref, token } = somebody();
    await grants.call('POST', '/access-policies', { body: policyFor(ref, ['Administrator']) });
    expect((await grants.assign('user:3', 'AcrPull', '/', { token })).status).toBe(201);
    expect((await grants.call('GET', local, { token })).status).toBe(403);
    expect((await grants.call('GET', '/enforcement', { token })).status).toBe(403);
  });

  it.each([['Manager'], ['Reader', 'Writer']])('%s writes none', async (...roles) => {
    const { ref, token } = somebody();
    await grants.call('POST', '/access-policies', { body: policyFor(ref, roles) });
    expect((await grants.call('POST', '/access-policies', { token, body: policyFor(ref, ['Manager']) })).status).toBe(
      403,
    );
    expect((await grants.assign(ref, 'Owner', '/', { token })).status).toBe(403);
  });
});

describe('they may assign any role there, held or not', () => {
  it('an Owner, who signs nothing, makes somebody a signer', async () => {
    const { token } = await grants.holderOf('Owner', team);
    const answer = await grants.assign(somebody('service').ref, 'AcrImageSigner', team, { token });
    expect(answer).toMatchObject({ status: 201, json: { warnings: [] } });
  });
});

describe('a quarantine role for a human is warned about and recorded', () => {
  it.each(['AcrQuarantineReader', 'AcrQuarantineWriter'])('S3-09 %s for a user', async (role) => {
    const { status, json } = await grants.assign(somebody().ref, role, local);
    expect(status).toBe(201);
    expect(json['warnings']).toMatchObject([{ code: 'quarantine-role-for-people' }]);
    const [entry] = await grants.told('change-recorded', `role-assignment:${String(json['id'])}`);
    expect(entry?.['asked']).toContain('warning=quarantine-role-for-people');
    expect((await grants.call('GET', `/role-assignments/${String(json['id'])}`)).json).toEqual(json);
  });

  it('S3-09 by a custom role, or a group, is too; for a service ID it is not', async () => {
    const body = { Name: 'scanner', Actions: ['quarantine/write'], AssignableScopes: ['/'] };
    await grants.call('POST', '/role-definitions', { body });
    expect((await grants.assign('user:4', 'scanner', '/')).json['warnings']).toHaveLength(1);
    expect((await grants.assign('group:4', 'AcrQuarantineReader', '/')).json['warnings']).toHaveLength(1);
    expect((await grants.assign('service:4', 'AcrQuarantineReader', '/')).json['warnings']).toEqual([]);
    expect((await grants.assign('workload:4', 'scanner', '/')).json['warnings']).toEqual([]);
  });
});

describe("the last Owner can't be removed", () => {
  it('answers 409, also while a group, which may be empty, is Owner', async () => {
    const last = `/role-assignments/${installation.ownerAssignmentId}`;
    await grants.assign('group:perhaps-empty', 'Owner', '/');
    await grants.assign('user:5', 'Owner', local);
    expect(await grants.call('DELETE', last)).toMatchObject({ status: 409, json: { code: 'last-owner' } });
  });

  it('answers 409 while the others are disabled, or nobody that identity knows', async () => {
    const last = `/role-assignments/${installation.ownerAssignmentId}`;
    const other = await grants.holderOf('Owner', '/');
    for (const given of [{ status: 'disabled' }, { account: randomUUID() }] as const) {
      policy.identity.principals = [recordOf(other.ref, given)];
      expect(await grants.call('DELETE', last)).toMatchObject({ status: 409, json: { code: 'last-owner' } });
    }
    policy.identity.tokens = null;
    expect((await grants.call('DELETE', last)).status).toBe(503);
    [policy.identity.tokens, policy.identity.principals] = [0, []];
    const [theirs] = (await grants.call('GET', `/role-assignments?principal=${other.ref}`)).json['items'] as object[];
    const path = `/role-assignments/${String((theirs as { id?: string } | undefined)?.id)}`;
    expect((await grants.call('DELETE', path)).status).toBe(204);
  });

  it('leaves one of two that are removed at once', async () => {
    const other = await grants.holderOf('Owner', '/');
    const listed = await grants.call('GET', `/role-assignments?principal=${other.ref}`);
    const [theirs] = listed.json['items'] as { id: string }[];
    const { token } = somebody('user', { groups: ['group:perhaps-empty'] });
    const ids = [String(theirs?.id), installation.ownerAssignmentId];
    const answers = await Promise.all(ids.map((id) => grants.call('DELETE', `/role-assignments/${id}`, { token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    const admin = `user:${installation.adminUserId}`;
    expect([200, 201]).toContain((await grants.assign(admin, 'Owner', '/', { token })).status);
  });
});

describe('every other act that yields power needs the caller to hold now all that the result can do', () => {
  const put = (name: string, actions: readonly string[], token: string) =>
    grants.call('PUT', `${local}/scope-maps/${name}`, { body: { actions }, token });

  it('writing any scope map', async () => {
    const { token } = await grants.holderOf('Contributor', local);
    expect((await put('contributed', ['repositories/team/*/content/write'], token)).status).toBe(201);
    const signing = await put('contributed', ['repositories/team/*/signature/write'], token);
    expect(signing).toMatchObject({ status: 403, json: { code: 'not-held' } });
    const reader = await grants.holderOf('AcrPush', local);
    expect((await put('contributed', ['repositories/team/*/content/write'], reader.token)).status).toBe(403);
  });

  it('also what stays of a scope map that is only described anew', async () => {
    const { ref, token } = await grants.holderOf('AcrImageSigner', local);
    await grants.assign(ref, 'Contributor', local);
    await put('signers-map', ['repositories/team/*/signature/write'], token);
    const contributor = await grants.holderOf('Contributor', local);
    const patch = { body: { description: 'x' }, token: contributor.token };
    expect((await grants.call('PATCH', `${local}/scope-maps/signers-map`, patch)).status).toBe(403);
  });

  it('allowing anonymous pull', async () => {
    const body = { Name: 'policies only', Actions: ['policies/write'], AssignableScopes: ['/'] };
    await grants.call('POST', '/role-definitions', { body });
    const { ref, token } = await grants.holderOf('policies only', local);
    const open = (repositories: string[]) =>
      grants.call('PUT', `${local}/policies/anonymous-access`, { body: { repositories }, token });
    const refusals = grants.refusals();
    expect(await open(['team/app'])).toMatchObject({ status: 403, json: { code: 'not-held' } });
    expect(refusals).toMatchObject([[{ reason: 'not-held', asked: 'repositories/team/app/content/read' }]]);
    await grants.assign(ref, 'AcrPull', team);
    expect((await open(['team/app'])).status).toBe(200);
    expect((await open(['team/app', '*'])).status).toBe(403);
    expect((await open([])).status).toBe(200);
  });
});
