import { installation } from '@berth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Grants } from './grants.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

const maps = '/registries/local/scope-maps';
const open = '/registries/local/policies/anonymous-access';
const readTeam = 'repositories/team/*/content/read';
const writeTeam = 'repositories/team/*/content/write';
let policy: PolicyUnderTest;
let grants: Grants;

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
});

afterAll(async () => {
  await policy.stop();
});

const internal = (path: string) => policy.call({ path: `/internal/${path}`, isInternal: true, token: null });

describe('anonymous access', () => {
  it('is off until somebody opens repositories, and off again with none', async () => {
    expect((await grants.call('GET', open)).json).toEqual({ repositories: [], version: null, changedAt: null });
    const put = (repositories: string[]) => grants.call('PUT', open, { body: { repositories } });
    const made = await put(['team/*', 'base', 'base']);
    expect(made).toMatchObject({ status: 200, json: { repositories: ['team/*', 'base'] } });
    expect((await put(['base', 'team/*'])).json).toEqual(made.json);
    expect((await grants.call('GET', open)).json).toEqual(made.json);
    expect((await put([])).json).toMatchObject({ repositories: [] });
    const states = await grants.told('definition-changed', `anonymous-access:${installation.registryId}`);
    expect(states).toMatchObject([
      { registryId: installation.registryId, repositories: ['team/*', 'base'] },
      { repositories: [] },
    ]);
    const entries = await grants.told('change-recorded', `anonymous-access:${installation.registryId}`);
    expect(entries.map(({ event, action }) => [event, action])).toEqual([
      ['created', 'policies/write'],
      ['updated', 'policies/write'],
    ]);
  });

  it.each(['Reader', 'AcrPush', 'AcrPull', 'AcrDelete'])('S2-17 is not opened by the %s', async (role) => {
    const { token } = await grants.holderOf(role, '/registries/local');
    expect((await grants.call('PUT', open, { body: { repositories: [] }, token })).status).toBe(403);
  });

  it.each(['TEAM/app', 'team/../app', 'team/a*', '*/app', '', 'a\0', `${'a'.repeat(256)}`, '^.*$'])(
    'B8 B9 B10 refuses %j',
    async (repository) => {
      const answer = await grants.call('PUT', open, { body: { repositories: [repository] } });
      expect(answer).toMatchObject({ status: 400, json: { code: 'malformed-request' } });
    },
  );

  it('D15 of a registry of another account is not there', async () => {
    const { token } = await grants.stranger();
    expect((await grants.call('GET', open, { token })).status).toBe(404);
    expect((await grants.call('PUT', open, { token, body: { repositories: ['*'] } })).status).toBe(404);
  });
});

describe('conditions of a scope map', () => {
  const bound = { repository: 'team/*', tags: ['v*'], cidrs: ['10.0.0.0/8'], notAfter: '2030-01-31T00:00:00Z' };
  const put = (name: string, body: object) => grants.call('PUT', `${maps}/${name}`, { body });

  it('are kept, shown, published, and gone when a PUT leaves them out', async () => {
    const made = await put('bound-map', { actions: [readTeam, writeTeam], conditions: [bound] });
    expect(made).toMatchObject({ status: 201, json: { conditions: [bound] } });
    expect((await grants.call('GET', `${maps}/bound-map`)).json).toMatchObject({ conditions: [bound], tokens: 0 });
    const described = await grants.call('PATCH', `${maps}/bound-map`, { body: { description: 'x' } });
    expect(described.json).toMatchObject({ conditions: [bound] });
    const shorter = { ...bound, notAfter: '2029-01-31T00:00:00Z' };
    const patched = await grants.call('PATCH', `${maps}/bound-map`, { body: { conditions: [shorter] } });
    expect(patched.json).toMatchObject({ conditions: [shorter], actions: [readTeam, writeTeam] });
    const again = await put('bound-map', { actions: [readTeam, writeTeam], conditions: [shorter], description: 'x' });
    expect(again.json).toEqual(patched.json);
    expect((await put('bound-map', { actions: [readTeam] })).json).toMatchObject({ conditions: [] });
    const states = await grants.told('definition-changed', `scope-map:${String(made.json['id'])}`);
    expect(states.map(({ conditions }) => conditions)).toEqual([[bound], [bound], [shorter], undefined]);
  });

  it('also one that lets new tags be made only', async () => {
    const createOnly = { repository: 'team/*', createOnly: true };
    const made = await put('create-only-map', { actions: [writeTeam], conditions: [createOnly] });
    expect(made).toMatchObject({ status: 201, json: { conditions: [createOnly] } });
    expect((await grants.call('GET', `${maps}/create-only-map`)).json).toMatchObject({ conditions: [createOnly] });
    expect((await put('create-only-map', { actions: [writeTeam] })).json).toMatchObject({ conditions: [] });
    const states = await grants.told('definition-changed', `scope-map:${String(made.json['id'])}`);
    expect(states.map(({ conditions }) => conditions)).toEqual([[createOnly], undefined]);
  });

  it.each([
    ['a network', { ...bound, cidrs: ['10.0.0.0/33'] }, 'invalid-condition'],
    ['a tag pattern', { ...bound, tags: ['*v'] }, 'invalid-condition'],
    ['B10 a repository', { ...bound, repository: 'team/a*' }, 'invalid-condition'],
    ['no entries', { ...bound, tags: [] }, 'invalid-condition'],
    ['create-only that is false', { ...bound, createOnly: false }, 'malformed-request'],
    ['an instant', { ...bound, notAfter: 'tomorrow' }, 'malformed-request'],
    ['an unknown key, which nobody would enforce', { ...bound, country: ['DE'] }, 'malformed-request'],
  ])('are refused for %s that cannot be read', async (_, condition, code) => {
    const answer = await put('refused-map', { actions: [readTeam], conditions: [bound, condition] });
    expect(answer).toMatchObject({ status: 400, json: { code } });
    expect(String(answer.json['detail'])).toContain('conditions.1');
    expect((await grants.call('GET', `${maps}/refused-map`)).status).toBe(404);
  });
});

describe('system scope maps', () => {
  const names = ['admin', 'pull', 'pull_metadata_read', 'push', 'push_metadata_write'].map(
    (end) => `_repositories_${end}`,
  );

  it('are listed among the others, page by page, and read', async () => {
    for (const name of ['AAAAA', 'zzzzz']) {
      await grants.call('PUT', `${maps}/${name}`, { body: { actions: [readTeam] } });
    }
    const found: unknown[] = [];
    let next: unknown = null;
    do {
      const page = await grants.call('GET', `${maps}?limit=2${next === null ? '' : `&after=${String(next)}`}`);
      found.push(...(page.json['items'] as { name: string }[]).map(({ name }) => name));
      next = page.json['next'];
    } while (next !== null);
    expect(found.filter((name) => String(name).startsWith('_'))).toEqual(names);
    expect([found.at(0), found.at(-1)]).toEqual(['AAAAA', 'zzzzz']);
    policy.tokensOfEveryScopeMap = 7;
    expect(await grants.call('GET', `${maps}/_repositories_pull`)).toMatchObject({
      status: 200,
      json: {
        ...{ id: `${installation.registryId}/_repositories_pull`, system: true, version: 1, tokens: 7 },
        actions: ['repositories/*/content/read'],
      },
    });
    policy.tokensOfEveryScopeMap = null;
    expect((await grants.call('GET', `${maps}/zzzzz`)).json).toMatchObject({ system: false, tokens: null });
    policy.tokensOfEveryScopeMap = 0;
  });

  it.each(names)('%s is not changed and not deleted', async (name) => {
    const body = { actions: [readTeam] };
    expect((await grants.call('PUT', `${maps}/${name}`, { body })).status).toBe(400);
    const answers = [
      await grants.call('PATCH', `${maps}/${name}`, { body }),
      await grants.call('DELETE', `${maps}/${name}`),
      await grants.call('DELETE', `${maps}/${name}?force=true`),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 409, json: { code: 'system-scope-map' } });
  });
});

describe('other services', () => {
  it('read each kind of definition by its id, and a deleted one not at all', async () => {
    const assigned = await grants.assign('user:7', 'AcrPull', '/');
    const id = String(assigned.json['id']);
    expect(await internal(`definitions/role-assignment?name=${id}`)).toMatchObject({
      status: 200,
      json: { definition: { kind: 'role-assignment', id, principal: 'user:7' } },
    });
    await grants.call('DELETE', `/role-assignments/${id}`);
    expect((await internal(`definitions/role-assignment?name=${id}`)).status).toBe(404);
    expect((await internal(`definitions/role-definition?name=${id}`)).status).toBe(404);
    expect((await internal(`definitions/anonymous-access?name=${installation.registryId}`)).status).toBe(200);
    const changes = await internal('changes?after=0');
    const keys = (changes.json['changes'] as { key: string }[]).map(({ key }) => key);
    expect(keys).toEqual(
      expect.arrayContaining([`role-assignment:${id}`, `anonymous-access:${installation.registryId}`]),
    );
  });
});
