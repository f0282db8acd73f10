import { randomUUID } from 'node:crypto';
import { installation } from '@berth/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants, somebody, type Somebody } from './grants.suite.js';
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
  policy.identity.othersAreOf = installation.accountId;
});

afterAll(async () => {
  await policy.stop();
});

const service = { serviceName: 'container-registry' };
const nothing = { serviceInstance: null, region: null, resourceType: null, resource: null, resourceGroup: null };

const give = (subject: string, roles: readonly string[], target: object = service) =>
  grants.call('POST', '/access-policies', { body: { subject, roles, target } });

/** Whether somebody may see the switches of enforcement: `auth.get`, which is to configure the service. */
const mayConfigure = async ({ token }: Somebody) =>
  (await grants.call('GET', '/enforcement', { token })).status === 200;

describe('POST of an access policy', () => {
  it('S4-13 S4-22 is subject, target and roles, and tells the definition and the audit log', async () => {
    const { ref } = somebody();
    const { status, json } = await give(ref, ['Reader', 'Writer', 'Reader']);
    expect({ status, json }).toMatchObject({
      status: 201,
      json: {
        ...{ subject: ref, roles: ['Reader', 'Writer'], warnings: [] },
        target: { ...service, ...nothing, allServices: false },
      },
    });
    const key = `access-policy:${String(json['id'])}`;
    expect(await grants.told('definition-changed', key)).toMatchObject([
      { subject: ref, roles: ['Reader', 'Writer'], target: { ...service, isForAllServices: false }, status: 'active' },
    ]);
    expect(await grants.told('change-recorded', key)).toMatchObject([
      {
        event: 'created',
        action: 'accessPolicies/write',
        asked: `subject=${ref} roles=Reader,Writer serviceName=container-registry`,
      },
    ]);
  });

  it.each(['user', 'service', 'group'])('S4-05 takes a %s as subject', async (kind) => {
    expect((await give(`${kind}:${randomUUID()}`, ['Reader'])).json['warnings']).toEqual([]);
  });

  it.each([
    ['S4-14', ['Viewer'], service, 'unsupported-role'],
    ['S4-15', ['Editor'], service, 'unsupported-role'],
    ['S4-16', ['Operator'], service, 'unsupported-role'],
    ['a role nobody knows', ['Captain'], service, 'unknown-role'],
    ['S4-22', ['Manager'], { serviceName: 'cloud-object-storage' }, 'other-service'],
    ['S4-22 no service', ['Manager'], {}, 'other-service'],
    ['S4-23', ['Manager'], { ...service, serviceInstance: 'one' }, 'service-instance'],
    ['another resource type', ['Manager'], { ...service, resourceType: 'bucket', resource: 'a' }, 'resource-type'],
    ['S4-27 no resource type', ['Manager'], { ...service, resource: 'team' }, 'resource-without-type'],
    [
      'S4-25',
      ['Manager'],
      { ...service, resourceType: 'namespace', resource: 'team' },
      'configure-needs-whole-service',
    ],
    ['S4-26', ['Manager'], { ...service, resourceGroup: 'ci' }, 'configure-needs-whole-service'],
  ])('%s: %j on %j is stored, with a warning', async (_, roles, target, code) => {
    const holder = somebody();
    const { status, json } = await give(holder.ref, roles, target);
    expect({ status, json }).toMatchObject({ status: 201, json: { roles, warnings: [{ code }] } });
    expect(await mayConfigure(holder)).toBe(false);
    const read = await grants.call('GET', `/access-policies/${String(json['id'])}`);
    expect(read).toMatchObject({ status: 200, json });
  });

  it.each([
    ['S4-24', 'in every region', service],
    ['S4-24 an empty region', 'in every region', { ...service, region: '', serviceInstance: '' }],
    ['S4-11', 'on all services', { allServices: true }],
  ])('%s gives configuration actions %s', async (_, _where, target) => {
    const holder = somebody();
    expect((await give(holder.ref, ['Manager'], target)).json).toMatchObject({ target: nothing, warnings: [] });
    expect(await mayConfigure(holder)).toBe(true);
  });

  it.each([
    ['no roles', { roles: [] }],
    ['21 roles', { roles: Array.from({ length: 21 }, (_, i) => `r${i}`) }],
    ['no target', { target: undefined }],
    ['no subject', { subject: undefined }],
    ['a name as subject', { subject: 'ada@example.com' }],
    ['D16 an unknown field', { account: randomUUID() }],
    ['D16 an unknown part of the target', { target: { ...service, accountId: 'x' } }],
    ['NUL', { target: { ...service, resource: 'a\0' } }],
    ['256 characters', { target: { ...service, region: 'r'.repeat(256) } }],
  ])('refuses %s', async (_, more) => {
    const body = { subject: 'user:1', roles: ['Reader'], target: service, ...more };
    const answer = await grants.call('POST', '/access-policies', { body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'malformed-request' } });
  });

  it('that says the same as another makes none, so that taking it away takes it away', async () => {
    const holder = somebody();
    const first = await give(holder.ref, ['Manager']);
    const second = await give(holder.ref, ['Manager'], { ...service, region: null });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.json).toEqual(first.json);
    expect((await grants.call('DELETE', `/access-policies/${String(first.json['id'])}`)).status).toBe(204);
    expect(await mayConfigure(holder)).toBe(false);
  });
});

describe('PUT and DELETE of an access policy', () => {
  it('give it another content, or none, at once, and tell', async () => {
    const holder = somebody();
    const { json } = await give(holder.ref, ['Manager']);
    const path = `/access-policies/${String(json['id'])}`;
    const body = { subject: holder.ref, roles: ['Reader'], target: service };
    const put = await grants.call('PUT', path, { body });
    expect(put).toMatchObject({ status: 200, json: { id: json['id'], roles: ['Reader'] } });
    expect((await grants.call('PUT', path, { body })).json).toEqual(put.json);
    expect(await mayConfigure(holder)).toBe(false);
    expect((await grants.call('DELETE', path)).status).toBe(204);
    expect((await grants.call('DELETE', path)).status).toBe(404);
    const states = await grants.told('definition-changed', `access-policy:${String(json['id'])}`);
    expect(states.map(({ status, roles }) => [status, roles])).toEqual([
      ['active', ['Manager']],
      ['active', ['Reader']],
      ['deleted', ['Reader']],
    ]);
    const versions = states.map(({ version }) => Number(version));
    expect(versions).toEqual([...versions].sort((one, other) => one - other));
  });
});

describe('GET of access policies', () => {
  it('S4-30 lists several of one subject, page by page', async () => {
    const { ref } = somebody();
    const regions = ['eu-de', 'eu-gb', 'us-south'];
    for (const region of regions) await give(ref, ['Reader'], { ...service, region });
    const first = await grants.call('GET', `/access-policies?subject=${ref}&limit=2`);
    const rest = await grants.call(
      'GET',
      `/access-policies?subject=${ref}&limit=2&after=${String(first.json['next'])}`,
    );
    const found = [...(first.json['items'] as object[]), ...(rest.json['items'] as object[])];
    expect(found).toMatchObject(regions.map((region) => ({ target: { region } })));
    expect(rest.json['next']).toBeNull();
  });

  it('shows those that the caller may see, and is refused to who may see none', async () => {
    const admin = somebody();
    await give(admin.ref, ['Administrator'], { ...service, region: 'jp-tok' });
    const inRegion = await give('user:6', ['Reader'], { ...service, region: 'jp-tok' });
    const elsewhere = await give('user:6', ['Reader']);
    const listed = await grants.call('GET', '/access-policies?subject=user:6', { token: admin.token });
    expect(listed.json['items']).toEqual([inRegion.json]);
    const path = `/access-policies/${String(elsewhere.json['id'])}`;
    expect((await grants.call('GET', path, { token: admin.token })).status).toBe(403);
    const manager = somebody();
    await give(manager.ref, ['Manager']);
    expect((await grants.call('GET', '/access-policies', { token: manager.token })).status).toBe(403);
  });

  it.each(['?limit=0', '?after=!', '?subject=', '?roles=Manager', "?sort=name';drop table access_policy"])(
    'D17 D18 refuses %s',
    async (query) => {
      expect((await grants.call('GET', `/access-policies${query}`)).status).toBe(400);
    },
  );
});

describe('the subject of an access policy', () => {
  it.each(['user', 'service', 'group'])(
    'D15 is a %s of the account: another is refused with its name',
    async (kind) => {
      const { json } = await give(`${kind}:${randomUUID()}`, ['Reader']);
      policy.identity.othersAreOf = null;
      const theirs = `${kind}:${randomUUID()}`;
      policy.identity.principals.push(recordOf(theirs, { account: randomUUID() }));
      for (const subject of [theirs, `${kind}:${randomUUID()}`]) {
        const unknown = { status: 400, json: { code: 'unknown-principal', principal: subject } };
        expect(await give(subject, ['Reader'])).toMatchObject(unknown);
        const body = { subject, roles: ['Reader'], target: service };
        expect(await grants.call('PUT', `/access-policies/${String(json['id'])}`, { body })).toMatchObject(unknown);
      }
      expect((await grants.call('GET', `/access-policies/${String(json['id'])}`)).json).toEqual(json);
    },
  );

  it('can not be checked without identity: 503; what is there can be taken away all the same', async () => {
    const holder = somebody();
    const { json } = await give(holder.ref, ['Manager']);
    policy.identity.tokens = null;
    const path = `/access-policies/${String(json['id'])}`;
    const body = { subject: holder.ref, roles: ['Reader'], target: service };
    const answers = [await give(holder.ref, ['Writer']), await grants.call('PUT', path, { body })];
    const deleted = await grants.call('DELETE', path);
    policy.identity.tokens = 0;
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(deleted.status).toBe(204);
  });
});

describe('D15 an access policy of another account', () => {
  it('is not there: not to read, not to write, not to delete, not in a list', async () => {
    const { json } = await give(somebody().ref, ['Manager']);
    const { token, ref } = await grants.stranger();
    const path = `/access-policies/${String(json['id'])}`;
    const body = { subject: ref, roles: ['Manager'], target: service };
    expect((await grants.call('GET', path, { token })).status).toBe(404);
    expect((await grants.call('PUT', path, { token, body })).status).toBe(404);
    expect((await grants.call('DELETE', path, { token })).status).toBe(404);
    expect((await grants.call('GET', '/access-policies', { token })).json).toEqual({ items: [], next: null });
  });

  it('gives nothing here: nobody of this account can be its subject', async () => {
    const { token, ref } = await grants.stranger();
    const { ref: ours, token: ourToken } = somebody();
    const given = await grants.call('POST', '/access-policies', {
      token,
      body: { subject: ours, roles: ['Manager'], target: service },
    });
    expect(given).toMatchObject({ status: 400, json: { code: 'unknown-principal', principal: ours } });
    expect(await mayConfigure({ ref: ours, token: ourToken })).toBe(false);
    expect((await grants.call('GET', '/registries/local', { token })).status).toBe(404);
    expect(ref).not.toBe(`user:${installation.adminUserId}`);
  });
});
