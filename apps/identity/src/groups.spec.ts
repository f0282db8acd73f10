import { importedUsersAnswer, installation, minimumRaised, type AccountDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxMembers } from './group.js';
import { loginServer, type IdentityReplica, type Method } from './identity-app.suite.js';
import { active, IdentityPlace } from './identity-place.suite.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

const password = 'correct horse battery';

interface Named {
  readonly id: string;
  readonly name: string;
}

describe('/api/v1/groups', () => {
  let place: IdentityPlace;
  let policy: PolicyStandIn;
  let identity: IdentityReplica;
  let ada: Named;
  let ci: Named & { readonly apiKey: string };

  beforeAll(async () => {
    place = await IdentityPlace.start();
    ({ identity, policy } = place);
    ada = (await call('POST', '/users', { name: 'ada', password })).json();
    const service = (await call('POST', '/service-ids', { name: 'ci' })).json<Named>();
    ci = { ...service, ...(await call('POST', `/service-ids/${service.id}/api-keys`, {})).json(), ...service };
  });
  afterAll(() => place.stop());

  const call: IdentityPlace['call'] = (...parts) => place.call(...parts);
  const give: IdentityPlace['give'] = (...parts) => place.give(...parts);
  const refusedBy: IdentityPlace['refusedBy'] = (claims) => place.refusedBy(claims);
  const claimsOf = (credential: string, scope = 'repository:team/app:pull') => place.claimsOf(credential, scope);

  async function newGroup(role?: string): Promise<Named> {
    const answer = await call('POST', '/groups', { name: `team ${uuidv7()}` });
    expect(answer.statusCode).toBe(201);
    const group = answer.json<Named>();
    if (role !== undefined) await give(`group:${group.id}`, role);
    return group;
  }

  const put = (group: Named, member: string) => call('PUT', `/groups/${group.id}/members/${member}`);
  const remove = (group: Named, member: string) => call('DELETE', `/groups/${group.id}/members/${member}`);

  it('S0-03 gives users and service IDs what the group holds, by the groups in their tokens', async () => {
    const group = await newGroup('AcrPull');
    const user = `ada:${password}`;
    expect((await claimsOf(user)).access).toEqual([]);
    for (const member of [`user:${ada.id}`, `service:${ci.id}`])
      expect((await put(group, member)).statusCode).toBe(204);
    for (const credential of [user, `ci:${ci.apiKey}`]) {
      expect((await claimsOf(credential)).access[0]?.actions).toContain('pull');
      expect((await claimsOf(credential, 'registry:catalog:*')).groups).toContain(`group:${group.id}`);
      const managed = (await identity.logIn(credential)).json<{ token: string }>().token;
      expect(identity.verifier().verifyManagement(managed).groups).toContain(`group:${group.id}`);
    }
    await remove(group, `user:${ada.id}`);
    await remove(group, `service:${ci.id}`);
  });

  it('A30 takes it away from who is taken out, from the tokens that are held too', async () => {
    const group = await newGroup('AcrPull');
    await put(group, `user:${ada.id}`);
    const held = await claimsOf(`ada:${password}`);
    expect([held.access.length, await refusedBy(held)]).toEqual([1, null]);
    expect((await remove(group, `user:${ada.id}`)).statusCode).toBe(204);
    expect(await refusedBy(held)).toBe(`user:${ada.id}`);
    const after = await claimsOf(`ada:${password}`);
    expect([after.access, await refusedBy(after)]).toEqual([[], null]);
  });

  it('leaves held tokens and refresh tokens alone when somebody is let in', async () => {
    const group = await newGroup();
    const asked = [
      ['service', loginServer],
      ['offline_token', 'true'],
    ] as const;
    const { refresh_token: refreshToken } = (await identity.askForToken(asked, `ada:${password}`)).json<{
      refresh_token: string;
    }>();
    const held = await claimsOf(`ada:${password}`);
    await put(group, `user:${ada.id}`);
    expect(await refusedBy(held)).toBeNull();
    await remove(group, `user:${ada.id}`);
    const again = await identity.post([
      ['grant_type', 'refresh_token'],
      ['service', loginServer],
      ['client_id', 'spec'],
      ['refresh_token', refreshToken],
    ]);
    expect(again.statusCode).toBe(200);
  });

  it('takes it away from all members when the group is deleted', async () => {
    const group = await newGroup('AcrPull');
    await put(group, `user:${ada.id}`);
    await put(group, `service:${ci.id}`);
    const held = [await claimsOf(`ada:${password}`), await claimsOf(`ci:${ci.apiKey}`)];
    expect((await call('DELETE', `/groups/${group.id}`)).statusCode).toBe(204);
    expect([await refusedBy(held[0] ?? never()), await refusedBy(held[1] ?? never())]).toEqual([
      `user:${ada.id}`,
      `service:${ci.id}`,
    ]);
    expect((await claimsOf(`ada:${password}`)).access).toEqual([]);
    expect((await call('GET', `/groups/${group.id}`)).statusCode).toBe(404);
  });

  it('takes it away from all of more members than a group can be given', async () => {
    const group = await newGroup();
    const db = identity.app.get(Database);
    await db.query(
      `with made as (
         insert into user_account (id, account, name, status, operator, is_imported, version, created_at)
         select gen_random_uuid(), $1, $2::text || n, 'enabled', false, false, 1, now() from generate_series(1, $3::integer) n
         returning id, account)
       insert into group_member (group_id, member_kind, member_id, account, added_at)
       select $2::uuid, 'user', id, account, now() from made`,
      [installation.accountId, group.id, maxMembers + 5],
    );
    expect((await call('DELETE', `/groups/${group.id}`)).statusCode).toBe(204);
    const [left] = await db.query<{ users: number; minima: number }>(
      `select count(*) filter (where u.version = 1) as users, count(p.key) as minima
         from user_account u left join published_state p on p.topic = $2 and p.key = 'user:' || u.id
        where u.name like $1 || '%'`,
      [group.id, minimumRaised.name],
    );
    expect(left).toEqual({ users: 0, minima: maxMembers + 5 });
  });

  it('lists members by pages, each once; the same twice is one, and who is not in it is no error', async () => {
    const group = await newGroup();
    const members = [`service:${ci.id}`, `user:${ada.id}`];
    for (const member of [...members, ...members]) expect((await put(group, member)).statusCode).toBe(204);
    const first = (await call('GET', `/groups/${group.id}/members?limit=1`)).json();
    const second = (await call('GET', `/groups/${group.id}/members?limit=1&after=${first.next}`)).json();
    expect([...first.items, ...second.items]).toEqual([
      { member: members[0], name: 'ci' },
      { member: members[1], name: 'ada' },
    ]);
    expect(second.next).toBeNull();
    const known = await identity.internal(`/internal/groups/${group.id}/members`);
    expect(known.json<{ items: { ref: string }[] }>().items.map(({ ref }) => ref)).toEqual(members);
    for (const member of [...members, ...members]) expect((await remove(group, member)).statusCode).toBe(204);
    expect((await call('GET', `/groups/${group.id}/members`)).json()).toEqual({ items: [], next: null });
  });

  it('holds no group, no token, nobody unknown', async () => {
    const group = await newGroup();
    const other = await newGroup();
    for (const member of [`group:${other.id}`, `token:${ada.id}`, 'ada', `user:${ada.id}x`, 'user:']) {
      expect((await put(group, member)).statusCode).toBe(400);
    }
    for (const member of [`user:${uuidv7()}`, `service:${ada.id}`]) {
      expect((await put(group, member)).statusCode).toBe(404);
    }
    expect((await put({ id: uuidv7(), name: '' }, `user:${ada.id}`)).statusCode).toBe(404);
  });

  it('lets nobody in who is let in by somebody that holds less than the group gives', async () => {
    const group = await newGroup('AcrImageSigner');
    await give(`user:${ada.id}`, 'Contributor');
    const asAda = (member: string) =>
      identity.callAs(`ada:${password}`, ['PUT', `/groups/${group.id}/members/${member}`]);
    const refused = await asAda(`user:${ada.id}`);
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { code: 'not-held' }]);
    expect((await identity.entries()).at(-1)).toMatchObject({ event: 'refused', reason: 'not-held' });
    await give(`user:${ada.id}`, 'AcrImageSigner');
    expect((await asAda(`user:${ada.id}`)).statusCode).toBe(204);
  });

  it('D15 knows no group of another account, and holds nobody of one', async () => {
    const acmeId = uuidv7();
    policy.set<AccountDefinition>({ kind: 'account', id: acmeId, account: acmeId, name: 'acme', ...active });
    await identity.follow();
    const eve = (await call('POST', '/users', { name: 'eve', password, account: acmeId })).json<Named>();
    await give(`user:${eve.id}`, 'Owner', acmeId);
    const asEve = (method: Method, path: string, body?: object) =>
      identity.callAs(`acme/eve:${password}`, [method, path], body);
    const group = await newGroup();
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/members'],
      ['PUT', `/members/user:${eve.id}`],
      ['DELETE', `/members/user:${ada.id}`],
    ] as const) {
      expect((await asEve(method, `/groups/${group.id}${path}`)).statusCode).toBe(404);
    }
    const theirs = (await asEve('POST', '/groups', { name: group.name })).json<Named>();
    const unknown = await asEve('PUT', `/groups/${theirs.id}/members/user:${ada.id}`);
    expect([unknown.statusCode, unknown.json()]).toMatchObject([404, { code: 'unknown-principal' }]);
    expect((await put(group, `user:${eve.id}`)).statusCode).toBe(404);
  });

  it('S4-07 tells policy which users an import brought, as it tells who is in a group, page by page', async () => {
    const brought: string[] = [];
    for (const name of ['old-1', 'old-2']) {
      brought.push(`user:${(await call('POST', '/users', { name, imported: true })).json<Named>().id}`);
    }
    const path = `/internal/accounts/${installation.accountId}/imported-users?limit=1`;
    const first = importedUsersAnswer.parse((await identity.internal(path)).json());
    const second = importedUsersAnswer.parse((await identity.internal(`${path}&after=${first.next}`)).json());
    expect([...first.items, ...second.items]).toEqual(brought.toSorted());
    expect(second.next).toBeNull();
    const elsewhere = await identity.internal(`/internal/accounts/${uuidv7()}/imported-users`);
    expect(elsewhere.json()).toEqual({ items: [], next: null });
  });

  it('refuses all of it to somebody without the right, and names of groups that are none', async () => {
    const group = await newGroup();
    for (const [method, path, body] of [
      ['POST', '/groups', { name: 'mine' }],
      ['GET', '/groups'],
      ['GET', `/groups/${group.id}`],
      ['DELETE', `/groups/${group.id}`],
      ['GET', `/groups/${group.id}/members`],
      ['PUT', `/groups/${group.id}/members/service:${ci.id}`],
      ['DELETE', `/groups/${group.id}/members/service:${ci.id}`],
    ] as const) {
      expect((await identity.callAs(`ci:${ci.apiKey}`, [method, path], body)).statusCode).toBe(403);
    }
    for (const name of ['', ' team', 'a\u0000b', 'a\nb', 'x'.repeat(129)]) {
      expect((await call('POST', '/groups', { name })).statusCode).toBe(400);
    }
    expect((await call('POST', '/groups', { name: group.name })).statusCode).toBe(409);
    expect((await call('POST', '/groups', { name: 'team-x', members: [`user:${ada.id}`] })).statusCode).toBe(400);
  });
});

function never(): never {
  throw new Error('there is none');
}
