import { randomUUID } from 'node:crypto';
import { installation, type ScopeMapHolder } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountReadings } from './account-readings.js';
import { DecisionWorld } from './decision-world.js';
import { Grants, somebody } from './grants.suite.js';
import { recordOf } from './identity-stand-in.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let grants: Grants;

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
});

beforeEach(() => {
  policy.identity.principals = [recordOf(`user:${installation.adminUserId}`, { name: 'admin' })];
  policy.identity.othersAreOf = installation.accountId;
});

afterAll(async () => {
  await policy.stop();
});

interface Item {
  readonly holder: string;
  readonly by: string;
}

const whoCan = (body: object, token?: string) =>
  grants.call('POST', '/decisions:who-can', token === undefined ? { body } : { body, token });
const whatCan = (body: object, token?: string) =>
  grants.call('POST', '/decisions:what-can', token === undefined ? { body } : { body, token });
const itemsOf = ({ json }: { json: Record<string, unknown> }) => json['items'] as Item[];

async function known(role: string, scope: string, given: Parameters<typeof recordOf>[1] = {}) {
  const holder = await grants.holderOf(role, scope);
  policy.identity.principals.push(recordOf(holder.ref, given));
  return holder;
}

async function scopeMap(name: string, actions: readonly string[]): Promise<string> {
  const { json } = await grants.call('PUT', `/registries/local/scope-maps/${name}`, { body: { actions } });
  return String(json['id']);
}

describe('POST /decisions:who-can reads all of an account', () => {
  const question = { action: 'pull', registry: 'local', repository: 'crowded/app' };

  it('one at a time: four wait, the next is told when to come again, and other accounts are not held up', async () => {
    const world = policy.app.get(DecisionWorld);
    const read = world.wholeNow.bind(world);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const whole = vi.spyOn(world, 'wholeNow').mockImplementation(async (...asked) => {
      await gate;
      return read(...asked);
    });
    const first = whoCan(question);
    await vi.waitFor(() => expect(whole).toHaveBeenCalledTimes(1), { timeout: 5000, interval: 5 });
    const more = Array.from({ length: 5 }, () => whoCan(question));
    expect((await Promise.race(more)).status).toBe(429);
    await policy.app.get(AccountReadings).run('another account', () => Promise.resolve());
    expect(whole).toHaveBeenCalledTimes(1);
    open();
    const answers = await Promise.all([first, ...more]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused).toMatchObject({ json: { code: 'too-many-questions' }, headers: { 'retry-after': '2' } });
    expect((await whoCan(question)).status).toBe(200);
    whole.mockRestore();
  });
});

describe('POST /decisions:who-can', () => {
  const sensor = { action: 'push', registry: 'local', repository: 'factory/sensor' };

  it('names everybody who may, with the path by which they can, and nobody else', async () => {
    const pusher = await known('AcrPush', '/registries/local', { name: 'pusher' });
    const puller = await known('AcrPull', '/registries/local');
    const group = `group:${randomUUID()}`;
    const member = recordOf(`user:${randomUUID()}`, { name: 'member', status: 'disabled' });
    policy.identity.members.set(group.slice('group:'.length), [member]);
    policy.identity.principals.push(member);
    await grants.assign(group, 'AcrPush', '/registries/local/repositories/factory/*');
    const map = await scopeMap('ci-push', ['repositories/factory/*/content/write']);
    await scopeMap('other-push', ['repositories/other/*/content/write']);
    const answer = await whoCan(sensor);
    expect(answer).toMatchObject({ status: 200, json: { next: null, prohibitedBy: null } });
    const items = itemsOf(answer);
    const found = (holder: string) => items.find((each) => each.holder === holder);
    expect(found(pusher.ref)).toMatchObject({ name: 'pusher', enabled: true, grant: 'AcrPush', via: null });
    expect(found(member.ref)).toMatchObject({ name: 'member', enabled: false, grant: 'AcrPush', via: group });
    expect(found(`scope-map:${map}`)).toMatchObject({ name: 'ci-push', by: `scope-map:${map}` });
    expect(found(`user:${installation.adminUserId}`)).toMatchObject({ grant: 'Owner' });
    expect(found(puller.ref)).toBeUndefined();
    expect(items.map(({ holder }) => holder)).toEqual([...items.map(({ holder }) => holder)].toSorted());
  });

  it('agrees with what is decided about each of them', async () => {
    const pusher = await known('AcrPush', '/registries/local/namespaces/factory');
    policy.identity.othersAreOf = null;
    const refs = itemsOf(await whoCan(sensor)).map(({ holder }) => holder);
    expect(refs).toContain(pusher.ref);
    const requests = refs.filter((ref) => ref.startsWith('user:')).map((principal) => ({ principal, ...sensor }));
    const { json } = await grants.call('POST', '/decisions', { body: { requests } });
    expect(new Set((json['decisions'] as { effect: string }[]).map(({ effect }) => effect))).toEqual(
      new Set(['allow']),
    );
  });

  it('answers page by page, each holder once', async () => {
    for (let i = 0; i < 3; i += 1) await known('AcrPull', '/registries/local/repositories/paged');
    const asked = { action: 'pull', registry: 'local', repository: 'paged' };
    const all = itemsOf(await whoCan(asked));
    const seen: Item[] = [];
    for (let after: unknown = undefined; after !== null;) {
      const page = await whoCan({ ...asked, limit: 2, after });
      seen.push(...itemsOf(page));
      after = page.json['next'];
    }
    expect(seen).toEqual(all);
  });

  it('lists the tokens and fleets of a scope map, those left out whose owner lacks the right', async () => {
    const map = await scopeMap('meters', ['repositories/meters/*/content/read']);
    const owner = await known('AcrPush', '/registries/local/namespaces/other');
    const holder = (kind: 'token' | 'fleet', owned: string | null = null): ScopeMapHolder => {
      const id = randomUUID();
      return { kind, id, name: `${kind}-${id}`, account: installation.accountId, status: 'enabled', owner: owned };
    };
    const [fleet, token, backed] = [holder('fleet'), holder('token'), holder('token', owner.ref)];
    policy.identity.holders.set(map, [fleet, token, backed, { ...holder('token'), account: randomUUID() }]);
    const backing = { owner: { ref: owner.ref, groups: [], imported: false }, scopeMapId: map };
    policy.identity.principals.push(recordOf(`token:${backed.id}`, backing));
    const asked = { action: 'pull', registry: 'local', repository: 'meters/firmware', scopeMap: 'meters' };
    expect(itemsOf(await whoCan(asked))).toMatchObject([
      { holder: `fleet:${fleet.id}`, name: fleet.name, by: `scope-map:${map}`, enabled: true },
      { holder: `token:${token.id}`, name: token.name },
    ]);
    expect(itemsOf(await whoCan({ ...asked, repository: 'other/firmware' }))).toEqual([]);
    expect(await whoCan({ ...asked, scopeMap: 'nowhere' })).toMatchObject({
      status: 404,
      json: { code: 'unknown-scope-map' },
    });
  });

  it('says of a token that is disabled by its owner that it can not be used', async () => {
    const map = await scopeMap('backed', ['repositories/factory/*/content/write']);
    const owner = `user:${installation.adminUserId}`;
    const tokens = (['enabled', 'disabled'] as const).map((status) => {
      const backing = { owner: { ref: owner, groups: [], imported: false }, scopeMapId: map, status };
      const id = randomUUID();
      policy.identity.principals.push(recordOf(`token:${id}`, backing));
      return { kind: 'token', id, name: id, account: installation.accountId, status: 'enabled', owner } as const;
    });
    policy.identity.holders.set(map, tokens);
    const usable = itemsOf(await whoCan({ ...sensor, scopeMap: 'backed' }));
    expect(usable).toMatchObject([{ enabled: true }, { enabled: false }]);
  });

  it('lists the tokens and fleets of a system scope map', async () => {
    const map = `${installation.registryId}/_repositories_push`;
    const id = randomUUID();
    const token = { kind: 'token', id, name: 'pusher', account: installation.accountId, owner: null } as const;
    policy.identity.holders.set(map, [{ ...token, status: 'enabled' }]);
    const asked = { action: 'push', registry: 'local', repository: 'any/where' };
    expect(itemsOf(await whoCan({ ...asked, scopeMap: '_repositories_push' }))).toMatchObject([
      { holder: `token:${id}`, name: 'pusher', by: `scope-map:${map}` },
    ]);
    expect(itemsOf(await whoCan({ ...asked, action: 'delete', scopeMap: '_repositories_push' }))).toEqual([]);
    expect((await whoCan({ ...asked, scopeMap: 'x/_repositories_push' })).status).toBe(404);
  });

  it('names a system scope map only while something has it', async () => {
    const pull = `${installation.registryId}/_repositories_pull`;
    const fleet = {
      kind: 'fleet',
      id: randomUUID(),
      name: 'meters',
      account: installation.accountId,
      owner: null,
    } as const;
    policy.identity.holders.set(pull, [{ ...fleet, status: 'enabled' }]);
    const system = async () => {
      const items = itemsOf(await whoCan({ action: 'pull', registry: 'local', repository: 'any/where' }));
      return items.map(({ holder }) => holder).filter((holder) => holder.includes('/_repositories_'));
    };
    expect(await system()).toContain(`scope-map:${pull}`);
    policy.identity.holders.clear();
    expect(await system()).toEqual([]);
  });

  it('names the prohibition where nobody may', async () => {
    const id = randomUUID();
    const scope = { kind: 'repository', registryId: installation.registryId, pattern: 'locked/*' };
    await policy.app.get(Database).query(
      `insert into prohibition (id, account, cause, scope, actions, except_from, version, changed_at)
         values ($1, $2, 'lock', $3, '{content/write}', '{}', 1, now())`,
      [id, installation.accountId, JSON.stringify(scope)],
    );
    const locked = { registry: 'local', repository: 'locked/app' };
    expect((await whoCan({ action: 'push', ...locked })).json).toEqual({
      items: [],
      next: null,
      prohibitedBy: `prohibition:${id}`,
    });
    expect(itemsOf(await whoCan({ action: 'pull', ...locked })).length).toBeGreaterThan(0);
  });

  it('S2-06 is answered to who may ask about others there, and D15 for no other account', async () => {
    const { token } = await known('AcrPush', '/');
    expect((await whoCan(sensor, token)).status).toBe(403);
    const stranger = await grants.stranger();
    expect(await whoCan(sensor, stranger.token)).toMatchObject({ status: 404, json: { code: 'unknown-registry' } });
  });

  it.each([
    {},
    { action: 'push', limit: 0 },
    { action: 'push', limit: 1001 },
    { action: 'fly' },
    { action: 'push', after: '!' },
  ])('refuses %j', async (body) => {
    expect((await whoCan(body)).status).toBe(400);
  });

  it('answers 503 rather than a list without the members of groups', async () => {
    await grants.assign(`group:${randomUUID()}`, 'AcrPush', '/');
    policy.tokensOfEveryScopeMap = null;
    const { status } = await whoCan(sensor);
    policy.tokensOfEveryScopeMap = 0;
    expect(status).toBe(503);
  });
});

describe('POST /decisions:what-can', () => {
  it('lists what somebody holds, one for each thing that grants it, page by page', async () => {
    const { ref, token } = await known('AcrPull', '/registries/local');
    await grants.assign(ref, 'AcrPush', '/resource-groups/plants');
    const target = { serviceName: 'container-registry', region: 'eu-de' };
    await grants.call('POST', '/access-policies', { body: { subject: ref, roles: ['Reader'], target } });
    const { status, json } = await whatCan({ principal: ref });
    expect(status).toBe(200);
    expect(json['items']).toHaveLength(3);
    expect(json['items']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ grant: 'AcrPull', scope: '/registries/local', reach: null, via: ref }),
        expect.objectContaining({ grant: 'AcrPush', scope: '/resource-groups/plants', repositories: null }),
        expect.objectContaining({
          grant: 'Reader',
          scope: null,
          reach: { region: 'eu-de', namespace: null, resourceGroup: null },
        }),
      ]),
    );
    const first = await whatCan({ limit: 2 }, token);
    const rest = await whatCan({ limit: 2, after: first.json['next'] }, token);
    expect([...itemsOf(first), ...itemsOf(rest)]).toEqual(json['items']);
  });

  it('lists the lines of a token by their place', async () => {
    const id = await scopeMap(
      'two-places',
      ['a/content/read', 'a/metadata/read', 'b/*/content/write'].map((line) => `repositories/${line}`),
    );
    const ref = `token:${randomUUID()}`;
    policy.identity.principals.push(recordOf(ref, { scopeMapId: id, registryId: installation.registryId }));
    expect(itemsOf(await whatCan({ principal: ref, registry: 'local' }))).toMatchObject([
      { by: `scope-map:${id}`, scope: '/registries/local/repositories/a', actions: ['content/read', 'metadata/read'] },
      { by: `scope-map:${id}`, scope: '/registries/local/repositories/b/*', actions: ['content/write'] },
    ]);
  });

  it('shows of others only what lies where the caller may ask', async () => {
    await grants.call('PUT', '/registries/theirs', { body: {} });
    const { ref } = await known('AcrPull', '/registries/theirs');
    await grants.assign(ref, 'AcrPush', '/registries/local');
    const { token } = await known('Contributor', '/registries/local');
    expect(itemsOf(await whatCan({ principal: ref }, token))).toMatchObject([{ grant: 'AcrPush' }]);
    const nobody = somebody();
    expect((await whatCan({ principal: ref }, nobody.token)).status).toBe(403);
    expect(await whatCan({}, nobody.token)).toMatchObject({ status: 200, json: { items: [], next: null } });
  });

  it('D15 knows no principal and no registry of another account', async () => {
    expect((await whatCan({ registry: 'local' }, (await grants.stranger()).token)).status).toBe(404);
    const theirs = `user:${randomUUID()}`;
    policy.identity.principals.push(recordOf(theirs, { account: randomUUID() }));
    expect(await whatCan({ principal: theirs })).toMatchObject({ status: 404, json: { code: 'unknown-principal' } });
  });

  it('says nothing of who is disabled', async () => {
    const { ref } = await known('Owner', '/registries/local', { status: 'disabled' });
    expect(itemsOf(await whatCan({ principal: ref }))).toEqual([]);
  });
});
