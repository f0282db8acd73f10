import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificates } from './certificates.suite.js';
import type { IdentityReplica } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';
import type { PersonalTokenAnswer } from './personal-token-answer.js';

const password = 'correct horse battery';
const asked = 'repository:team/app:pull,push';
const pull = [{ name: 'team/app', actions: ['pull'] }];

type Minted = PersonalTokenAnswer & { readonly password: string };

describe('tokens that change hands', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      policy.setScopeMap('everything', ['repositories/*/content/read', 'repositories/*/content/write']);
    });
    ({ identity } = place);
  });
  afterAll(() => place.stop());

  const newName = () => `own-${uuidv7().slice(-12)}`;
  const call: IdentityPlace['call'] = (...parts) => place.call(...parts);
  const pathOf = (name: string) => `/registries/local/tokens/${name}`;

  async function newPuller(): Promise<{ id: string; credential: string }> {
    const { id, name } = (await call('POST', '/users', { name: newName(), password })).json();
    await place.give(`user:${id}`, 'AcrPull');
    return { id, credential: `${name}:${password}` };
  }

  const mint = (credential: string, name = newName()) =>
    identity.callAs(credential, ['POST', '/users/me/tokens'], { registry: 'local', name, repositories: pull });

  async function minted(name?: string): Promise<Minted> {
    const answer = await mint((await newPuller()).credential, name);
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<Minted>();
  }

  /** Rows of a person's own tokens, as minting leaves them, without its work. */
  async function fill(userId: string, count: number, isPersonal: boolean): Promise<void> {
    await identity.app.get(Database).query(
      `insert into token (id, account, registry_id, name, scope_map_id, status, labels, version, created_at, changed_at,
                          owner_kind, owner_id, is_personal)
       select gen_random_uuid(), u.account, gen_random_uuid(), 'own-' || n, gen_random_uuid(), 'enabled', '{}', 1, now(),
              now(), 'user', u.id, $3
         from user_account u, generate_series(1, $2::integer) n where u.id = $1`,
      [userId, count, isPersonal],
    );
  }

  it('refuses to point a name that a person has squatted to anything else, and leaves it theirs', async () => {
    const token = await minted('prod-ci');
    const puts = [
      { scopeMap: 'everything' },
      { repositories: pull },
      { scopeMap: 'everything', objectId: token.objectId },
    ];
    for (const body of puts) {
      const answer = await call('PUT', pathOf('prod-ci'), body);
      expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'personal-token' }]);
    }
    const { access, ver } = await place.claimsOf(`prod-ci:${token.password}`, asked);
    expect(access[0]?.actions).toEqual(['pull']);
    expect(Object.keys(ver)).toContain(token.objectId);
  });

  it.each([
    ['objectId', { objectId: null }],
    ['scopeMap', { scopeMap: 'everything' }],
    ['repositories', { repositories: pull }],
    ['expiresAt', { expiresAt: '2030-01-01T00:00:00.000Z' }],
    ['labels', { labels: { site: 'a' } }],
    ['status and scopeMap', { status: 'disabled', scopeMap: 'everything' }],
  ])('refuses to change %s of a token that is a person`s own', async (_what, body) => {
    const { name } = await minted();
    const answer = await call('PATCH', pathOf(name), body);
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'personal-token' }]);
    expect((await call('GET', pathOf(name))).json()).toMatchObject({ status: 'enabled', labels: {} });
  });

  it('gives nobody a password or certificate for a token that is a person`s own', async () => {
    const { name } = await minted();
    const answers = [
      await call('POST', `${pathOf(name)}/passwords`, { slot: 2 }),
      await call('PUT', `${pathOf(name)}/certificates/1`, { pem: certificates.lasting }),
    ];
    for (const answer of answers) expect(answer.json()).toMatchObject({ status: 409, code: 'personal-token' });
  });

  it('lets an administrator disable, enable and delete a token that is a person`s own', async () => {
    const { name, password: secret } = await minted();
    const answers: number[] = [];
    for (const status of ['disabled', 'enabled']) {
      answers.push((await call('PATCH', pathOf(name), { status })).statusCode);
      answers.push((await place.ask(`${name}:${secret}`, [asked])).statusCode);
    }
    expect(answers).toEqual([200, 401, 200, 200]);
    expect((await call('DELETE', pathOf(name))).statusCode).toBe(204);
  });

  it.each([
    ['removed by PATCH', 'PATCH', { objectId: null }],
    ['removed by PUT', 'PUT', { scopeMap: 'everything' }],
    ['set by PATCH', 'PATCH', { objectId: 'another' }],
    ['set by PUT', 'PUT', { scopeMap: 'everything', objectId: 'another' }],
  ] as const)('deletes passwords and certificates of a token whose owner is %s', async (_what, method, wish) => {
    const [ada, bob] = [await newPuller(), await newPuller()];
    const name = newName();
    await call('PUT', pathOf(name), { scopeMap: 'everything', objectId: `user:${ada.id}` });
    const made = (await call('POST', `${pathOf(name)}/passwords`, { slot: 1 })).json<{ password: string }>();
    const pem = { pem: certificates.lasting };
    expect((await call('PUT', `${pathOf(name)}/certificates/2`, pem)).statusCode).toBe(200);
    const held = await place.claimsOf(`${name}:${made.password}`, asked);
    const body = 'objectId' in wish && wish.objectId === 'another' ? { ...wish, objectId: `user:${bob.id}` } : wish;
    const changed = await call(method, pathOf(name), body);
    expect([changed.statusCode, changed.json()]).toMatchObject([200, { passwords: [] }]);
    expect((await place.ask(`${name}:${made.password}`, [asked])).statusCode).toBe(401);
    expect((await call('GET', `${pathOf(name)}/certificates`)).json()).toMatchObject({ items: [] });
    expect((await call('GET', pathOf(name))).json()).toMatchObject({ passwords: [] });
    const id = changed.json<{ id: string }>().id;
    const state = await identity.accessState();
    for (const subject of [`token:${id}`, `slot:${id}/1`, `certificate:${id}/2`]) {
      expect(state.refusedBy({ [subject]: 1 }, held.iat)).toBe(subject);
    }
  });

  it('keeps passwords when anything but the owner changes', async () => {
    const ada = await newPuller();
    const name = newName();
    await call('PUT', pathOf(name), { scopeMap: 'everything', objectId: `user:${ada.id}` });
    const made = (await call('POST', `${pathOf(name)}/passwords`, { slot: 1 })).json<{ password: string }>();
    const labels = { labels: { site: 'a' }, objectId: `user:${ada.id}` };
    expect((await call('PATCH', pathOf(name), labels)).statusCode).toBe(200);
    expect((await place.ask(`${name}:${made.password}`, [asked])).statusCode).toBe(200);
  });

  it('asks policy for no scope map for a name that is taken, or when there are too many', async () => {
    const [ada, bob] = [await newPuller(), await newPuller()];
    const { name } = (await mint(ada.credential)).json<Minted>();
    await fill(ada.id, 999, true);
    const before = place.policy.callers.length;
    const answers = [await mint(bob.credential, name), await mint(ada.credential)];
    expect(answers.map((answer) => answer.json<{ code: string }>().code)).toEqual(['name-taken', 'too-many-tokens']);
    expect(place.policy.callers).toHaveLength(before);
  });

  it('mints no more tokens than a person may have when they ask several times at once', async () => {
    const ada = await newPuller();
    await mint(ada.credential);
    await fill(ada.id, 998, true);
    const answers = await Promise.all(Array.from({ length: 6 }, () => mint(ada.credential)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('counts no token that others made with this owner among a person`s own', async () => {
    const ada = await newPuller();
    await fill(ada.id, 1000, false);
    expect((await mint(ada.credential)).statusCode).toBe(201);
  });
});
