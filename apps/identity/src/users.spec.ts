import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installation, type AccountDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, loginServer, type IdentityReplica, type Method } from './identity-app.suite.js';
import { active, IdentityPlace } from './identity-place.suite.js';
import type { UserAnswer } from './principal-answers.js';

const admin = `admin:${adminPassword}`;
const password = 'correct horse battery';
const asked = 'repository:team/app:pull';

describe('/api/v1/users', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let acme: AccountDefinition;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      const acmeId = uuidv7();
      acme = policy.set<AccountDefinition>({ kind: 'account', id: acmeId, account: acmeId, name: 'acme', ...active });
    });
    ({ identity } = place);
  });
  afterAll(() => place.stop());

  const newName = () => `user-${uuidv7().slice(-12)}`;
  const call: IdentityPlace['call'] = (...parts) => place.call(...parts);
  const give: IdentityPlace['give'] = (...parts) => place.give(...parts);
  const refusedBy: IdentityPlace['refusedBy'] = (claims) => place.refusedBy(claims);
  const login = (credential: string, more: readonly (readonly [string, string])[] = []) =>
    place.ask(credential, [asked], more);
  const claimsOf = (credential: string) => place.claimsOf(credential, asked);

  async function newUser(more: object = {}): Promise<UserAnswer> {
    const answer = await call('POST', '/users', { name: newName(), password, ...more });
    expect([answer.statusCode, answer.body]).toEqual([201, expect.stringContaining('"id"')]);
    return answer.json<UserAnswer>();
  }

  it('S0-16 creates a user who logs in with a password and holds nothing until it is given', async () => {
    const user = await newUser({ email: 'ada@example.com' });
    expect(user).toMatchObject({ email: 'ada@example.com', status: 'enabled', operator: false, hasPassword: true });
    expect((await claimsOf(`${user.name}:${password}`)).access).toEqual([]);
    await give(`user:${user.id}`, 'AcrPull');
    expect((await claimsOf(`${user.name}:${password}`)).access[0]?.actions).toContain('pull');
    const shown = await call('GET', `/users/${user.id}`);
    expect(shown.json()).toEqual(user);
    expect(shown.body).not.toMatch(/argon2|password_hash/);
  });

  it.each([
    ['admin', { admin: true }],
    ['roles', { roles: ['Owner'] }],
    ['a tenant', { tenantId: uuidv7() }],
    ['the mark of an operator', { operator: true }],
    ['an id', { id: installation.adminUserId }],
    ['groups', { groups: ['group:x'] }],
  ])('D16 refuses to create a user with %s of their own choice', async (_what, more) => {
    const answer = await call('POST', '/users', { name: newName(), password, ...more });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'malformed-request']);
  });

  it.each(['admin', 'ADMIN', 'iamapikey', '00000000-0000-0000-0000-000000000000', 'a:b', 'a/b', ' a', 'ä', ''])(
    'refuses the name %j',
    async (name) => {
      expect((await call('POST', '/users', { name, password })).statusCode).toBe(400);
    },
  );

  it.each(['short', 'with\ncontrol', `brt_${'0'.repeat(49)}`.slice(0, 7), '\ud800 half a character'])(
    'refuses the password %j',
    async (weak) => {
      expect((await call('POST', '/users', { name: newName(), password: weak })).statusCode).toBe(400);
    },
  );

  it.each([
    ['POST', '/users'],
    ['PATCH', `/users/${installation.adminUserId}`],
    ['PUT', '/users/me/password'],
    ['POST', '/users/me/tokens'],
    ['POST', '/service-ids'],
    ['PATCH', `/service-ids/${installation.adminUserId}`],
    ['POST', `/service-ids/${installation.adminUserId}/api-keys`],
    ['POST', '/groups'],
  ] as const)('I6 refuses a body of 1 MB: %s %s', async (method, path) => {
    expect((await call(method, path, { name: 'x'.repeat(1_000_000) })).statusCode).toBe(413);
  });

  it.each(['https://evil.example', 'null'])('I2 lets no page of %s read an answer', async (origin) => {
    const { token } = (await identity.logIn(admin)).json<{ token: string }>();
    for (const method of ['GET', 'OPTIONS'] as const) {
      const headers = { origin, authorization: `Bearer ${token}`, 'access-control-request-method': 'GET' };
      const answer = await identity.app.inject({ method, url: '/api/v1/users', headers });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  it('gives a name once, in the order of the list', async () => {
    const { name } = await newUser();
    expect((await call('POST', '/users', { name, password })).statusCode).toBe(409);
    const { items } = (await call('GET', '/users?limit=1000')).json<{ items: UserAnswer[] }>();
    expect(items.map((each) => each.name)).toEqual(expect.arrayContaining([name, 'admin']));
    const first = (await call('GET', '/users?limit=1')).json<{ items: UserAnswer[]; next: string }>();
    const second = (await call('GET', `/users?limit=1&after=${first.next}`)).json<{ items: UserAnswer[] }>();
    expect([...first.items, ...second.items]).toEqual(items.slice(0, 2));
  });

  it('A29 ends held tokens, refresh tokens and the password of a user who is disabled', async () => {
    const { id, name } = await newUser();
    const credential = `${name}:${password}`;
    const answer = (await login(credential, [['offline_token', 'true']])).json<{ refresh_token: string }>();
    const held = await claimsOf(credential);
    expect(await refusedBy(held)).toBeNull();
    expect((await call('PATCH', `/users/${id}`, { status: 'disabled' })).statusCode).toBe(200);
    expect(await refusedBy(held)).toBe(`user:${id}`);
    expect((await login(credential)).statusCode).toBe(401);
    expect((await renewed(answer.refresh_token)).statusCode).toBe(400);
    await call('PATCH', `/users/${id}`, { status: 'enabled' });
    expect((await renewed(answer.refresh_token)).statusCode).toBe(200);
    expect(await refusedBy(await claimsOf(credential))).toBeNull();
  });

  it('B27 ends refresh tokens, held tokens and management of the old password when it is reset', async () => {
    const { id, name } = await newUser();
    const { refresh_token: refreshToken } = (await login(`${name}:${password}`, [['offline_token', 'true']])).json<{
      refresh_token: string;
    }>();
    const held = await claimsOf(`${name}:${password}`);
    const managed = identity.verifier().verifyManagement((await identity.logIn(`${name}:${password}`)).json().token);
    await call('PATCH', `/users/${id}`, { password: 'another good password' });
    expect([await refusedBy(held), await refusedBy(managed)]).toEqual([`user:${id}`, `user:${id}`]);
    expect((await login(`${name}:${password}`)).statusCode).toBe(401);
    expect((await renewed(refreshToken)).statusCode).toBe(400);
    expect((await login(`${name}:another good password`)).statusCode).toBe(200);
  });

  it('deletes a user, whose name may come again as another one', async () => {
    const { id, name } = await newUser();
    const held = await claimsOf(`${name}:${password}`);
    expect((await call('DELETE', `/users/${id}`)).statusCode).toBe(204);
    expect([(await call('GET', `/users/${id}`)).statusCode, (await call('DELETE', `/users/${id}`)).statusCode]).toEqual(
      [404, 404],
    );
    expect(await refusedBy(held)).toBe(`user:${id}`);
    expect((await newUser({ name })).id).not.toBe(id);
  });

  it('lets people replace their own password with the old one alone', async () => {
    const { name } = await newUser();
    const change = (credential: string, current: string, next: string) =>
      identity.callAs(credential, ['PUT', '/users/me/password'], { current, password: next });
    expect((await change(`${name}:${password}`, 'not this one', 'a new password')).statusCode).toBe(403);
    expect((await identity.entries()).at(-1)).toMatchObject({ event: 'refused', reason: 'wrong-password' });
    expect((await change(`${name}:${password}`, password, 'short')).statusCode).toBe(400);
    expect((await change(`${name}:${password}`, password, 'a new password')).statusCode).toBe(204);
    expect((await login(`${name}:${password}`)).statusCode).toBe(401);
    const me = await identity.callAs(`${name}:a new password`, ['GET', '/users/me']);
    expect([me.statusCode, me.json<UserAnswer>().name]).toEqual([200, name]);
  });

  it('refuses all of it to somebody without the right, and enters that', async () => {
    const { id, name } = await newUser();
    const tries: [Method, string, object?][] = [
      ['POST', '/users', { name: newName() }],
      ['GET', '/users'],
      ['GET', `/users/${id}`],
      ['PATCH', `/users/${id}`, { status: 'disabled' }],
      ['DELETE', `/users/${id}`],
    ];
    for (const [method, path, body] of tries) {
      expect((await identity.callAs(`${name}:${password}`, [method, path], body)).statusCode).toBe(403);
      expect((await identity.entries()).at(-1)).toMatchObject({ event: 'refused', reason: 'no-role-assignment' });
    }
  });

  it('lets nobody reset the password of, enable, shut out or delete somebody who holds more', async () => {
    const helper = await newUser();
    const signer = await newUser();
    await give(`user:${helper.id}`, 'Contributor');
    const asHelper = (body: object, id = signer.id) =>
      identity.callAs(`${helper.name}:${password}`, ['PATCH', `/users/${id}`], body);
    expect((await asHelper({ status: 'disabled' })).statusCode).toBe(200);
    await give(`user:${signer.id}`, 'AcrImageSigner');
    const refused = await asHelper({ password: 'taken over by me' });
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { code: 'not-held' }]);
    expect((await asHelper({ status: 'enabled' })).statusCode).toBe(403);
    const active = await newUser();
    await give(`user:${active.id}`, 'AcrImageSigner');
    const remove = (id: string) => identity.callAs(`${helper.name}:${password}`, ['DELETE', `/users/${id}`]);
    const tries = [await asHelper({ status: 'disabled' }, active.id), await asHelper({ password: null }, active.id)];
    for (const answer of [...tries, await remove(active.id)]) {
      expect([answer.statusCode, answer.json()]).toMatchObject([403, { code: 'not-held' }]);
    }
    await give(`user:${helper.id}`, 'AcrImageSigner');
    expect((await asHelper({ status: 'enabled', password: 'reset for the signer' })).statusCode).toBe(200);
    expect((await asHelper({ status: 'disabled' }, active.id)).statusCode).toBe(200);
    const { adminUserId } = installation;
    for (const body of [{ password: 'the one of admin' }, { status: 'disabled' }, { password: null }]) {
      expect((await asHelper(body, adminUserId)).json()).toMatchObject({ status: 403, code: 'not-operator' });
    }
    expect((await remove(adminUserId)).json()).toMatchObject({ status: 403, code: 'not-operator' });
  });

  it('keeps the last platform operator', async () => {
    const path = `/users/${installation.adminUserId}`;
    const tries = [
      call('DELETE', path),
      call('PATCH', path, { status: 'disabled' }),
      call('PATCH', path, { password: null }),
    ];
    const answers = await Promise.all(tries);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([409, 409, 409]);
    const short = { current: adminPassword, password: '11 letters!' };
    expect((await call('PUT', '/users/me/password', short)).statusCode).toBe(400);
  });

  it('counts no operator who has no password as another one who could log in', async () => {
    const { id } = await newUser();
    const db = identity.app.get(Database);
    await db.query(`update user_account set operator = true, password_hash = null where id = $1`, [id]);
    const path = `/users/${installation.adminUserId}`;
    for (const answer of [await call('DELETE', path), await call('PATCH', path, { status: 'disabled' })]) {
      expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'last-operator' }]);
    }
    await db.query(`update user_account set operator = false where id = $1`, [id]);
  });

  it('changes one`s own password with the current one alone, not by a session that somebody found', async () => {
    const { id, name } = await newUser();
    await give(`user:${id}`, 'Owner');
    for (const wish of ['taken over by me', null]) {
      const answer = await identity.callAs(`${name}:${password}`, ['PATCH', `/users/${id}`], { password: wish });
      expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'own-password' }]);
    }
    expect((await login(`${name}:${password}`)).statusCode).toBe(200);
  });

  it('D15 knows no user of another account, and names those of one only in their own', async () => {
    const name = newName();
    const made = await call('POST', '/users', { name, password, account: acme.id });
    expect(made.statusCode).toBe(201);
    const { id } = made.json<UserAnswer>();
    await give(`user:${id}`, 'Owner', acme.id);
    for (const [method, body] of [['GET'], ['PATCH', { status: 'disabled' }], ['DELETE']] as const) {
      expect((await call(method, `/users/${id}`, body)).statusCode).toBe(404);
      const other = await identity.callAs(
        `acme/${name}:${password}`,
        [method, `/users/${installation.adminUserId}`],
        body,
      );
      expect([other.statusCode, other.json<{ code: string }>().code]).toEqual([404, 'unknown-user']);
    }
    expect((await identity.logIn(`${name}:${password}`)).statusCode).toBe(401);
    expect((await login(`${name}:${password}`)).statusCode).toBe(401);
    const own = await identity.callAs(`acme/${name}:${password}`, ['GET', '/users']);
    expect(own.json<{ items: UserAnswer[] }>().items.map((each) => each.id)).toEqual([id]);
  });

  it('D16 makes users of another account, and imported ones, for platform operators alone', async () => {
    const owner = await newUser();
    await give(`user:${owner.id}`, 'Owner');
    for (const more of [{ account: acme.id }, { imported: true }]) {
      const body = { name: newName(), password, ...more };
      const answer = await identity.callAs(`${owner.name}:${password}`, ['POST', '/users'], body);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'not-operator']);
    }
    expect((await call('POST', '/users', { name: newName(), account: uuidv7() })).statusCode).toBe(400);
    const imported = await newUser({ imported: true });
    expect(imported.imported).toBe(true);
    const { token } = (await identity.logIn(`${imported.name}:${password}`)).json<{ token: string }>();
    expect(identity.verifier().verifyManagement(token)).toMatchObject({ imported: true, operator: false });
  });

  it('keeps no password in the clear, and removes the file of the first one once it is replaced', async () => {
    const rows = await identity.app
      .get(Database)
      .query<{ row: string }>(`select u::text as row from user_account u union all select o::text from outbox o`);
    expect(rows.filter(({ row }) => row.includes(password))).toEqual([]);
    const { writeAdminPassword } = await import('./bootstrap-installation/admin-password.js');
    const file = await writeAdminPassword(identity.dataDir, 'a generated one');
    expect(file).toBe(join(identity.dataDir, 'admin-password'));
    const change = { current: adminPassword, password: adminPassword };
    expect((await call('PUT', '/users/me/password', change)).statusCode).toBe(204);
    expect(existsSync(file)).toBe(false);
    expect((await login(admin)).statusCode).toBe(200);
  });

  const renewed = (refreshToken: string) =>
    identity.post([
      ['grant_type', 'refresh_token'],
      ['service', loginServer],
      ['client_id', 'spec'],
      ['refresh_token', refreshToken],
    ]);
});
