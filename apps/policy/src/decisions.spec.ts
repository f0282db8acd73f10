import { randomUUID } from 'node:crypto';
import { installation } from '@berth/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants } from './grants.suite.js';
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
  policy.identity.principals = [];
  policy.identity.othersAreOf = installation.accountId;
});

afterAll(async () => {
  await policy.stop();
});

const ask = (requests: readonly object[], token?: string) =>
  grants.call('POST', '/decisions', token === undefined ? { body: { requests } } : { body: { requests }, token });

const explain = (requests: readonly object[]) => grants.call('POST', '/decisions:explain', { body: { requests } });

const onNginx = { registry: 'local', repository: 'samples/nginx' };

/** Somebody whom identity knows, with a role. */
async function known(role: string, scope: string) {
  const holder = await grants.holderOf(role, scope);
  policy.identity.principals.push(recordOf(holder.ref));
  return holder;
}

/** A repository token with a scope map of its own, as identity knows it. */
async function tokenWith(actions: readonly string[], given: Parameters<typeof recordOf>[1] = {}) {
  const path = `/registries/local/scope-maps/map-${randomUUID()}`;
  const { json } = await grants.call('PUT', path, { body: { actions } });
  const ref = `token:${randomUUID()}`;
  const scopeMapId = String(json['id']);
  policy.identity.principals.push(recordOf(ref, { registryId: installation.registryId, scopeMapId, ...given }));
  return { ref, scopeMapId, name: String(json['name']) };
}

describe('POST /decisions', () => {
  it('S4-28 answers allow with what decided, and deny with a reason, in the order of the requests', async () => {
    const { ref } = await known('AcrPull', '/registries/local');
    const answer = await ask([
      { principal: ref, action: 'content/read', ...onNginx },
      { principal: ref, action: 'content/write', ...onNginx },
    ]);
    expect(answer).toMatchObject({
      status: 200,
      json: {
        decisions: [
          { effect: 'allow', by: expect.stringMatching(/^role-assignment:/), reason: 'granted' },
          { effect: 'deny', reason: 'no-role-assignment', message: expect.stringContaining('samples/nginx') },
        ],
      },
    });
  });

  it('takes whether a tag would be moved, for a scope map that lets new ones be made only', async () => {
    const { ref, name } = await tokenWith(['repositories/samples/nginx/content/write']);
    const conditions = [{ repository: 'samples/*', createOnly: true }];
    await grants.call('PATCH', `/registries/local/scope-maps/${name}`, { body: { conditions } });
    const question = { principal: ref, action: 'content/write', ...onNginx };
    const { json } = await ask([{ ...question, movesTag: false }, { ...question, movesTag: true }, question]);
    expect(json).toMatchObject({
      decisions: [{ effect: 'allow' }, { effect: 'deny', reason: 'condition-not-met' }, { effect: 'deny' }],
    });
  });

  it.each([
    'pull',
    'content/read',
    'container-registry.image.pull',
    'Microsoft.ContainerRegistry/registries/pull/read',
  ])('takes any spelling of an action: %s', async (action) => {
    expect((await ask([{ action, ...onNginx }])).json).toMatchObject({ decisions: [{ effect: 'allow' }] });
  });

  it('decides about tokens by their scope map, system maps included, and about who has none', async () => {
    const token = await tokenWith(['repositories/samples/*/content/read']);
    const systemId = `${installation.registryId}/_repositories_pull`;
    const system = `token:${randomUUID()}`;
    const group = `group:${randomUUID()}`;
    policy.identity.principals.push(recordOf(system, { scopeMapId: systemId }), recordOf(group));
    const { json } = await ask(
      [token.ref, system, 'anonymous:anonymous', group].map((principal) => {
        return { principal, action: 'pull', ...onNginx };
      }),
    );
    expect(json).toMatchObject({
      decisions: [
        { effect: 'allow', by: `scope-map:${token.scopeMapId}` },
        { effect: 'allow', by: `scope-map:${systemId}` },
        { effect: 'deny', reason: 'kind-holds-nothing' },
        { effect: 'deny', reason: 'kind-holds-nothing' },
      ],
    });
  });

  it('decides about devices by the scope map of their fleet, and refuses those that would not get in', async () => {
    const { scopeMapId } = await tokenWith(['repositories/samples/*/content/read']);
    const fleet = randomUUID();
    const known = { registryId: installation.registryId, scopeMapId };
    const shut = { ...known, status: 'disabled' } as const;
    policy.identity.principals.push(
      recordOf(`device:${fleet}/meter-1`, known),
      recordOf(`device:${fleet}/lost`, { ...shut, refusal: 'device-denied' }),
      recordOf(`device:${fleet}/leaked`, { ...shut, refusal: 'fleet-key-disabled' }),
      recordOf(`device:${fleet}/off`, shut),
    );
    const about = (device: string, action = 'pull') => ({ principal: `device:${fleet}/${device}`, action, ...onNginx });
    const asked = [about('meter-1'), about('meter-1', 'push'), about('lost'), about('leaked'), about('off')];
    const expected = [
      { effect: 'allow', by: `scope-map:${scopeMapId}` },
      { effect: 'deny', reason: 'scope-map-lacks-action' },
      { effect: 'deny', reason: 'device-denied', message: `device:${fleet}/lost is locked out of its fleet` },
      { effect: 'deny', reason: 'fleet-key-disabled' },
      { effect: 'deny', reason: 'principal-disabled' },
    ];
    expect((await ask(asked)).json).toMatchObject({ decisions: expected });
    expect((await explain(asked)).json).toMatchObject({ decisions: expected });
    const whatCan = (device: string) =>
      grants.call('POST', '/decisions:what-can', { body: { principal: `device:${fleet}/${device}` } });
    expect((await whatCan('meter-1')).json['items']).toMatchObject([
      { by: `scope-map:${scopeMapId}`, actions: ['content/read'] },
    ]);
    expect((await whatCan('lost')).json).toEqual({ items: [], next: null });
    policy.identity.othersAreOf = null;
    const gone = { principal: `device:${randomUUID()}/meter-1`, action: 'pull', ...onNginx };
    expect(await ask([gone])).toMatchObject({ status: 404, json: { code: 'unknown-principal' } });
  });

  it('decides about a token with an owner as its scope map AND the owner', async () => {
    const owner = await known('AcrPull', '/registries/local/repositories/samples/nginx');
    const backed = { owner: { ref: owner.ref, groups: [], imported: false } };
    const { ref } = await tokenWith(['repositories/*/content/read'], backed);
    const { json } = await ask([
      { principal: ref, action: 'pull', ...onNginx },
      { principal: ref, action: 'pull', registry: 'local', repository: 'samples/other' },
    ]);
    expect(json).toMatchObject({ decisions: [{ effect: 'allow' }, { effect: 'deny', reason: 'owner-lacks-action' }] });
  });

  it('counts groups as identity knows them, and denies who is disabled', async () => {
    const group = `group:${randomUUID()}`;
    await grants.assign(group, 'AcrPull', '/');
    const member = `user:${randomUUID()}`;
    const disabled = `service:${randomUUID()}`;
    policy.identity.principals.push(recordOf(member, { groups: [group] }));
    policy.identity.principals.push(recordOf(disabled, { groups: [group], status: 'disabled' }));
    const requests = [member, disabled].map((principal) => ({ principal, action: 'pull', ...onNginx }));
    const { json } = await ask(requests);
    expect(json).toMatchObject({
      decisions: [{ effect: 'allow' }, { effect: 'deny', reason: 'principal-disabled' }],
    });
  });

  it('answers about oneself to everybody, and about others only with decisions/readAny there', async () => {
    const reader = await known('AcrPull', '/');
    const other = await known('AcrPull', '/');
    const mine = await ask([{ action: 'push', ...onNginx }], reader.token);
    expect(mine).toMatchObject({ status: 200, json: { decisions: [{ effect: 'deny' }] } });
    const entries = grants.refusals();
    const refused = await ask([{ principal: other.ref, action: 'push', ...onNginx }], reader.token);
    expect(refused).toMatchObject({ status: 403, json: { code: 'no-role-assignment' } });
    expect(entries).toMatchObject([[{ action: 'decisions/readAny', outcome: 'refused' }]]);
    const ofRegistry = await grants.holderOf('Owner', '/registries/local');
    expect((await ask([{ principal: other.ref, action: 'push', ...onNginx }], ofRegistry.token)).status).toBe(200);
    expect((await ask([{ principal: other.ref, action: 'registries/create' }], ofRegistry.token)).status).toBe(403);
  });

  it('D15 knows no principal and no registry of another account', async () => {
    const stranger = await grants.stranger();
    const theirs = `user:${randomUUID()}`;
    policy.identity.principals.push(recordOf(theirs, { account: randomUUID() }));
    policy.identity.othersAreOf = null;
    const unknown = [theirs, `user:${randomUUID()}`];
    for (const principal of unknown) {
      expect(await ask([{ principal, action: 'pull', ...onNginx }])).toMatchObject({
        status: 404,
        json: { code: 'unknown-principal', principal },
      });
    }
    for (const registry of ['local', 'nowhere']) {
      for (const path of ['/decisions', '/decisions:explain']) {
        const body = { requests: [{ action: 'pull', registry, repository: 'a' }] };
        expect(await grants.call('POST', path, { body, token: stranger.token })).toMatchObject({
          status: 404,
          json: { code: 'unknown-registry', registry },
        });
      }
    }
  });

  it('answers 1,000 at once, and refuses more', async () => {
    const one = { action: 'pull', ...onNginx };
    const { status, json } = await ask(Array.from({ length: 1000 }, () => one));
    expect(status).toBe(200);
    expect(json['decisions']).toHaveLength(1000);
    expect((await ask(Array.from({ length: 1001 }, () => one))).status).toBe(400);
    expect((await ask([{ ...one, tags: ['x'.repeat(2_000_000)] }])).status).toBe(413);
  });

  it.each([
    ['nothing', []],
    ['an action that is none', [{ action: 'fly', ...onNginx }]],
    ['a wildcard', [{ action: 'Microsoft.ContainerRegistry/registries/*', ...onNginx }]],
    ['B8 a repository that can not be one', [{ action: 'pull', registry: 'local', repository: '../etc' }]],
    ['B9 a repository in capitals', [{ action: 'pull', registry: 'local', repository: 'Samples/nginx' }]],
    ['a repository without its registry', [{ action: 'pull', repository: 'samples/nginx' }]],
    ['a repository of another namespace', [{ action: 'pull', ...onNginx, namespace: 'other' }]],
    ['what is no principal', [{ principal: 'admin', action: 'pull', ...onNginx }]],
    ['what nobody can be called', [{ principal: 'anonymous:\0', action: 'pull', ...onNginx }]],
    ['D16 an unknown field', [{ action: 'pull', ...onNginx, effect: 'allow' }]],
    ['an address that is none', [{ action: 'pull', ...onNginx, address: '300.1.1.1' }]],
  ])('refuses %s', async (_, requests) => {
    expect((await ask(requests)).status).toBe(400);
  });

  it('answers 503 about others while identity is away, and about oneself all the same', async () => {
    policy.tokensOfEveryScopeMap = null;
    const other = await ask([{ principal: `user:${randomUUID()}`, action: 'pull', ...onNginx }]);
    const mine = await ask([{ action: 'pull', ...onNginx }]);
    policy.tokensOfEveryScopeMap = 0;
    expect([other.status, mine.status]).toEqual([503, 200]);
  });
});

describe('POST /decisions:explain', () => {
  it('says what was considered, what is missing and the line that would mend it', async () => {
    const { ref, scopeMapId, name } = await tokenWith(['repositories/team/*/content/write']);
    const { status, json } = await explain([
      { principal: ref, action: 'push', registry: 'local', repository: 'factory/sensor' },
    ]);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      decisions: [
        {
          effect: 'deny',
          reason: 'scope-map-lacks-action',
          needs: 'content/write on factory/sensor',
          missing: `needs content/write on factory/sensor; scope map ${name} grants it on team/*`,
          considered: [{ by: `scope-map:${scopeMapId}`, via: ref, name, where: 'team/*', outcome: 'grants-elsewhere' }],
          nearest: { kind: 'add-line', scopeMapId, line: 'repositories/factory/sensor/content/write' },
        },
      ],
    });
  });

  it('names the role that would help, and nothing to mend of what is allowed', async () => {
    const { ref } = await known('AcrPull', '/registries/local');
    const { json } = await explain([
      { principal: ref, action: 'sign', ...onNginx },
      { principal: ref, action: 'pull', ...onNginx },
    ]);
    expect(json).toMatchObject({
      decisions: [
        { effect: 'deny', nearest: { kind: 'assign-role', role: 'AcrImageSigner' }, considered: [{ name: 'AcrPull' }] },
        { effect: 'allow', missing: null, nearest: null },
      ],
    });
  });

  it('names the prohibition that wins over every grant', async () => {
    const { json: registry } = await grants.call('PUT', '/registries/shutting', { body: {} });
    const { ref } = await known('AcrPush', '/registries/shutting');
    await grants.call('DELETE', '/registries/shutting');
    const about = { registry: 'shutting', repository: 'a' };
    const { json } = await ask([{ action: 'pull', ...about }]);
    const by = `prohibition:${String(registry['id'])}`;
    expect(json).toMatchObject({ decisions: [{ effect: 'deny', reason: 'prohibited', by }] });
    expect((await explain([{ action: 'push', ...about }])).json).toMatchObject({
      decisions: [{ reason: 'prohibited', nearest: { kind: 'lift-prohibition', by } }],
    });
    expect((await explain([{ principal: ref, action: 'push', ...about }])).status).toBe(403);
  });

  it('takes 100 at once, not more', async () => {
    const one = { action: 'pull', ...onNginx };
    expect((await explain(Array.from({ length: 100 }, () => one))).status).toBe(200);
    expect((await explain(Array.from({ length: 101 }, () => one))).status).toBe(400);
  });
});
