import {
  installation,
  principalsAnswer,
  scopeMapHoldersAnswer,
  type AccountDefinition,
  type RegistryDefinition,
  type RoleAssignmentDefinition,
} from '@berth/contracts';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityReplica } from './identity-app.suite.js';
import { active, IdentityPlace } from './identity-place.suite.js';
import type { PersonalTokenAnswer } from './personal-token-answer.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

const password = 'correct horse battery';
const pull = [{ name: 'team/app', actions: ['pull', 'metadata/read'] }];

type Minted = PersonalTokenAnswer & { readonly password: string };

const asked = 'repository:team/app:pull,push';

describe('tokens that give what somebody holds', () => {
  let place: IdentityPlace;
  let policy: PolicyStandIn;
  let identity: IdentityReplica;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      policy.setScopeMap('everything', ['repositories/*/content/read', 'repositories/*/content/write']);
    });
    ({ identity, policy } = place);
  });
  afterAll(() => place.stop());

  const newName = () => `own-${uuidv7().slice(-12)}`;
  const call: IdentityPlace['call'] = (...parts) => place.call(...parts);
  const give: IdentityPlace['give'] = (...parts) => place.give(...parts);
  const refusedBy: IdentityPlace['refusedBy'] = (claims) => place.refusedBy(claims);
  const login = (credential: string) => place.ask(credential, [asked]);
  const claimsOf = ({ name, password }: { name: string; password: string }, scope = asked) =>
    place.claimsOf(`${name}:${password}`, scope);

  async function newUser(role?: string): Promise<{ id: string; name: string; credential: string }> {
    const { id, name } = (await call('POST', '/users', { name: newName(), password })).json();
    if (role !== undefined) await give(`user:${id}`, role);
    return { id, name, credential: `${name}:${password}` };
  }

  const mint = (credential: string, more: object = {}) =>
    identity.callAs(credential, ['POST', '/users/me/tokens'], {
      registry: 'local',
      name: newName(),
      repositories: pull,
      ...more,
    });

  async function minted(credential: string, more: object = {}): Promise<Minted> {
    const answer = await mint(credential, more);
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([201, 'no-store']);
    return answer.json<Minted>();
  }

  async function withPassword(name: string): Promise<{ name: string; password: string }> {
    const made = await call('POST', `/registries/local/tokens/${name}/passwords`, { slot: 1 });
    return { name, password: made.json<{ password: string }>().password };
  }

  /** A token with scope map `everything` that an administrator made for somebody. */
  async function backed(objectId: string): Promise<{ name: string; password: string }> {
    const name = newName();
    await call('PUT', `/registries/local/tokens/${name}`, { scopeMap: 'everything', objectId });
    return withPassword(name);
  }

  const actionsOf = async (token: { name: string; password: string }) =>
    (await claimsOf(token)).access.flatMap(({ actions }) => [...actions]);

  it('lets a person who may write no tokens mint one that gives some of what they hold', async () => {
    const ada = await newUser('AcrPush');
    const token = await minted(ada.credential);
    expect(token).toMatchObject({ registry: 'local', objectId: `user:${ada.id}`, expiresAt: null, slot: 1 });
    expect(policy.callers.at(-1)).toMatch(/^Bearer eyJ/);
    const claims = await claimsOf(token);
    expect(claims.sub).toBe(`token:${token.id}`);
    expect(claims.access[0]?.actions).toEqual(['pull', 'metadata_read']);
    expect(Object.keys(claims.ver)).toEqual(expect.arrayContaining([`user:${ada.id}`, `token:${token.id}`]));
  });

  it('refuses what the person does not hold, and all of it to who is no person', async () => {
    const reader = await newUser('AcrPull');
    const more = { repositories: [{ name: 'team/app', actions: ['push'] }] };
    const refused = await mint(reader.credential, more);
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { code: 'not-held' }]);
    const { id, name } = (await call('POST', '/service-ids', { name: newName() })).json();
    const { apiKey } = (await call('POST', `/service-ids/${id}/api-keys`, {})).json();
    expect((await mint(`${name}:${apiKey}`)).json()).toMatchObject({ code: 'not-a-user' });
  });

  it.each([
    ['an action on no repository', { repositories: [{ name: 'a', actions: ['users/write'] }] }, 400],
    ['no repositories', { repositories: [] }, 400],
    ['a scope map of somebody', { scopeMap: 'everything' }, 400],
    ['an owner of their choice', { objectId: `user:${installation.adminUserId}` }, 400],
    ['an end that was', { expiresAt: '2020-01-01T00:00:00.000Z' }, 400],
    ['a reserved name', { name: 'iamapikey' }, 400],
    ['a registry that is not there', { registry: 'nowhere' }, 404],
  ])('refuses a token with %s', async (_what, more, status) => {
    const ada = await newUser('AcrPull');
    expect((await mint(ada.credential, more)).statusCode).toBe(status);
  });

  it('D15 tells nobody which registries there are, nor which names are taken, where they hold nothing', async () => {
    const of = { account: installation.accountId, region: null, resourceGroup: null, plan: 'standard' } as const;
    policy.set<RegistryDefinition>({ kind: 'registry', id: uuidv7(), name: 'unheld', ...of, ...active });
    const { name } = await minted((await newUser('AcrPull')).credential);
    const nobody = await newUser();
    const answers = [];
    for (const registry of ['unheld', 'nowhere', 'local']) {
      const answer = await mint(nobody.credential, { registry, name });
      const { code, detail, line } = answer.json<Record<string, string>>();
      answers.push({ status: answer.statusCode, code, detail, line });
    }
    expect(answers[0]).toMatchObject({ status: 403, code: 'not-held', line: 'repositories/team/app/content/read' });
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  });

  it('gives at each log-in what the owner holds then, and ends with the owner', async () => {
    const ada = await newUser();
    const given = await give(`user:${ada.id}`, 'AcrPull');
    const token = await minted(ada.credential);
    expect(await actionsOf(token)).toContain('pull');
    policy.set<RoleAssignmentDefinition>({ ...given, status: 'deleted' });
    await identity.follow();
    expect(await actionsOf(token)).toEqual([]);
    await give(`user:${ada.id}`, 'AcrPull');
    const held = await claimsOf(token);
    expect(held.access[0]?.actions).toContain('pull');
    await call('PATCH', `/users/${ada.id}`, { status: 'disabled' });
    expect([await refusedBy(held), (await login(`${token.name}:${token.password}`)).statusCode]).toEqual([
      `user:${ada.id}`,
      401,
    ]);
    expect((await identity.entries()).at(-1)).toMatchObject({ reason: 'owner-disabled' });
    await call('PATCH', `/users/${ada.id}`, { status: 'enabled' });
    expect(await actionsOf(token)).toContain('pull');
    await call('DELETE', `/users/${ada.id}`);
    expect((await login(`${token.name}:${token.password}`)).statusCode).toBe(401);
    expect((await identity.entries()).at(-1)).toMatchObject({ reason: 'owner-gone' });
  });

  it('A30 follows the owner into groups and out of them', async () => {
    const ada = await newUser('AcrPull');
    const token = await backed(`user:${ada.id}`);
    const { id: groupId } = (await call('POST', '/groups', { name: newName() })).json();
    await give(`group:${groupId}`, 'AcrPush');
    expect(await actionsOf(token)).toEqual(['pull']);
    const place = `/groups/${groupId}/members/user:${ada.id}`;
    await call('PUT', place);
    const held = await claimsOf(token);
    expect(held.access[0]?.actions).toEqual(['pull', 'push']);
    expect((await claimsOf(token, 'registry:catalog:*')).owner).toEqual({
      id: `user:${ada.id}`,
      groups: [`group:${groupId}`],
    });
    await call('DELETE', place);
    expect(await refusedBy(held)).toBe(`user:${ada.id}`);
    expect(await actionsOf(token)).toEqual(['pull']);
  });

  it('shows people their own tokens alone, and lets them delete those', async () => {
    const [ada, bob] = [await newUser('AcrPull'), await newUser('AcrPull')];
    const tokens = [await minted(ada.credential), await minted(ada.credential), await minted(bob.credential)];
    const list = async (path: string) =>
      (await identity.callAs(ada.credential, ['GET', `/users/me/tokens${path}`])).json<{
        items: PersonalTokenAnswer[];
        next: string;
      }>();
    const first = await list('?limit=1');
    const second = await list(`?limit=1&after=${first.next}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([tokens[0]?.id, tokens[1]?.id]);
    expect(second.next).toBeNull();
    const remove = (id: string | undefined) => identity.callAs(ada.credential, ['DELETE', `/users/me/tokens/${id}`]);
    const held = await claimsOf(tokens[0] ?? never());
    expect((await remove(tokens[0]?.id)).statusCode).toBe(204);
    expect(await refusedBy(held)).toBe(`token:${tokens[0]?.id}`);
    expect([(await remove(tokens[0]?.id)).statusCode, (await remove(tokens[2]?.id)).statusCode]).toEqual([404, 404]);
  });

  it('shows an admin whose a token is, and lets them revoke it', async () => {
    const ada = await newUser('AcrPull');
    const token = await minted(ada.credential);
    const path = `/registries/local/tokens/${token.name}`;
    expect((await call('GET', path)).json()).toMatchObject({ objectId: `user:${ada.id}` });
    expect((await identity.callAs(ada.credential, ['GET', path])).statusCode).toBe(403);
    expect((await call('DELETE', path)).statusCode).toBe(204);
    expect((await login(`${token.name}:${token.password}`)).statusCode).toBe(401);
  });

  it('S1-07-lifted backs a token by a user or service ID: scope map and owner both decide', async () => {
    const { id } = (await call('POST', '/service-ids', { name: newName() })).json<{ id: string }>();
    await give(`service:${id}`, 'AcrPull');
    const token = await backed(`service:${id}`);
    const path = `/registries/local/tokens/${token.name}`;
    expect((await call('GET', path)).json()).toMatchObject({ objectId: `service:${id}` });
    expect(await actionsOf(token)).toEqual(['pull']);
    const held = await claimsOf(token);
    expect((await call('PATCH', path, { objectId: null })).json()).toMatchObject({ objectId: null });
    expect(await refusedBy(held)).toMatch(/^token:/);
    expect(await actionsOf(await withPassword(token.name))).toEqual(['pull', 'push']);
    const ada = await newUser();
    await call('PATCH', path, { objectId: `user:${ada.id}` });
    expect(await actionsOf(await withPassword(token.name))).toEqual([]);
  });

  it('D15 backs no token by somebody unknown, or of another account', async () => {
    const acmeId = uuidv7();
    policy.set<AccountDefinition>({ kind: 'account', id: acmeId, account: acmeId, name: 'acme', ...active });
    await identity.follow();
    const eve = (await call('POST', '/users', { name: 'eve-of-acme', password, account: acmeId })).json();
    const refs = [`user:${eve.id}`, `user:${uuidv7()}`, `service:${installation.adminUserId}`, `workload:${uuidv7()}`];
    for (const objectId of refs) {
      const answer = await call('PUT', `/registries/local/tokens/${newName()}`, { scopeMap: 'everything', objectId });
      expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'unknown-principal' }]);
    }
    for (const objectId of ['user:x', 'group:x', installation.adminUserId, `token:${uuidv7()}`]) {
      const answer = await call('PUT', `/registries/local/tokens/${newName()}`, { scopeMap: 'everything', objectId });
      expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'malformed-request' }]);
    }
    await give(`user:${eve.id}`, 'Owner', acmeId);
    const asEve = await identity.callAs(`acme/eve-of-acme:${password}`, ['POST', '/users/me/tokens'], {
      registry: 'local',
      name: newName(),
      repositories: pull,
    });
    expect(asEve.statusCode).toBe(404);
  });

  it('tells policy who principals are, and who has a scope map', async () => {
    const ada = await newUser('AcrPull');
    const token = await minted(ada.credential);
    const refs = [`user:${ada.id}`, `token:${token.id}`, `user:${uuidv7()}`, 'user:none', 'device:a/b'];
    const answer = await identity.internal('/internal/principals', { principals: refs });
    const { principals } = principalsAnswer.parse(answer.json());
    expect(principals).toMatchObject([
      { ref: `user:${ada.id}`, name: ada.name, account: installation.accountId, groups: [], owner: null },
      { ref: `token:${token.id}`, registryId: installation.registryId, owner: { ref: `user:${ada.id}`, groups: [] } },
    ]);
    const scopeMapId = principals[1]?.scopeMapId ?? '';
    await call('PUT', '/registries/local/fleets/fleet-1', { scopeMap: token.scopeMap ?? '' });
    const pages = ['?limit=1', '?limit=1&after='];
    const first = scopeMapHoldersAnswer.parse(
      (await identity.internal(`/internal/scope-maps/${scopeMapId}/holders${pages[0]}`)).json(),
    );
    const next = await identity.internal(`/internal/scope-maps/${scopeMapId}/holders${pages[1]}${first.next}`);
    const second = scopeMapHoldersAnswer.parse(next.json());
    expect(first.items).toMatchObject([{ kind: 'fleet', name: 'fleet-1', owner: null }]);
    expect(second.items.map(({ kind }) => kind)).toEqual(['token']);
    expect((await identity.app.inject({ method: 'POST', url: '/internal/principals' })).statusCode).toBe(404);
  });
});

function never(): never {
  throw new Error('there is none');
}
