import { installation, principalsAnswer, scopeMapHoldersAnswer } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { deriveDevicePassword } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, loginServer, type IdentityReplica } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

interface Key {
  readonly id: string;
  readonly key: string;
  readonly registryId: string;
  readonly fleetId: string;
}

describe('/api/v1/registries/{r}/fleets', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;
  let fleets = 0;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      policy.setScopeMap('meters-read', ['repositories/meters/*/content/read']);
      policy.setScopeMap('others-read', ['repositories/others/*/content/read']);
      policy.setScopeMap('signers', ['repositories/meters/*/signature/write']);
    });
    ({ identity, policy } = place);
  });
  afterAll(() => place.stop());

  async function newFleet(): Promise<{ path: string; name: string; key: Key }> {
    const name = `meters-${(fleets += 1)}`;
    expect((await identity.manage('PUT', `/fleets/${name}`, { scopeMap: 'meters-read' })).statusCode).toBe(201);
    return { name, path: `/fleets/${name}`, key: await newKey(name) };
  }

  async function newKey(name: string): Promise<Key> {
    const answer = await identity.manage('POST', `/fleets/${name}/keys`);
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<Key>();
  }

  const passwordOf = ({ key, id, registryId, fleetId }: Key, deviceId: string) =>
    deriveDevicePassword(key, { registryId, fleetId, keyId: id, deviceId });
  const ask = (fleet: string, device: string, password: string) =>
    identity.askForToken(
      [
        ['service', loginServer],
        ['scope', 'repository:meters/firmware:pull'],
        ['offline_token', 'true'],
      ],
      `${fleet}/${device}:${password}`,
    );
  const claimsOf = (answer: Awaited<ReturnType<typeof ask>>) =>
    identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
  const refusedBy = async (answer: Awaited<ReturnType<typeof ask>>) => {
    const { ver, iat } = claimsOf(answer);
    return (await identity.accessState()).refusedBy(ver, iat);
  };

  it('lets in a device that was never heard of, as itself, with the scope map of its fleet and no refresh token', async () => {
    const { name, key } = await newFleet();
    const answer = await ask(name, 'device-1', passwordOf(key, 'device-1'));
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).not.toHaveProperty('refresh_token');
    const { sub, name: user, access } = claimsOf(answer);
    expect([sub, user]).toEqual([`device:${key.fleetId}/device-1`, `${name}/device-1`]);
    expect(access).toMatchObject([{ name: 'meters/firmware', actions: ['pull'] }]);
  });

  it("B25 shows a key once, keeps it sealed, and tells nobody's log", async () => {
    const { path, key } = await newFleet();
    expect(key.key).toMatch(/^brf_/);
    const shown = await identity.manage('GET', path);
    expect(shown.json()).toMatchObject({ scopeMap: 'meters-read', keys: [{ id: key.id, status: 'enabled' }] });
    const db = identity.app.get(Database);
    const kept = await db.query(`select encode(key_sealed, 'escape') as sealed from fleet_key`);
    const told = await db.query(`select data from outbox`);
    for (const text of [shown.body, JSON.stringify(kept), JSON.stringify(told), identity.logged()]) {
      expect(text).not.toContain(key.key);
    }
  });

  it.each([
    ["another device's password", (key: Key) => passwordOf(key, 'device-2')],
    ['the fleet key itself', (key: Key) => key.key],
    ['the name in other letters', (key: Key) => passwordOf(key, 'DEVICE-1')],
    ['an unknown key', (key: Key) => passwordOf({ ...key, id: '0'.repeat(12) }, 'device-1')],
  ])('refuses %s, like every wrong credential', async (_what, password) => {
    const { name, key } = await newFleet();
    const refused = await ask(name, 'device-1', password(key));
    const unknown = await ask('no-such-fleet', 'device-1', passwordOf(key, 'device-1'));
    const bodies = [refused, unknown].map((answer) => answer.body.replace(/"requestId":"[^"]*"/, ''));
    expect([refused.statusCode, unknown.statusCode, bodies[0]]).toEqual([401, 401, bodies[1]]);
  });

  it('locks out one device: its held tokens end, the others go on; and lets it in again', async () => {
    const { name, path, key } = await newFleet();
    const one = await ask(name, 'one', passwordOf(key, 'one'));
    const two = await ask(name, 'two', passwordOf(key, 'two'));
    expect((await identity.manage('PUT', `${path}/denied/one`)).statusCode).toBe(204);
    expect((await identity.manage('PUT', `${path}/denied/one`)).statusCode).toBe(204);
    expect([await refusedBy(one), await refusedBy(two)]).toEqual([`device:${key.fleetId}/one`, null]);
    const again = [await ask(name, 'one', passwordOf(key, 'one')), await ask(name, 'two', passwordOf(key, 'two'))];
    expect(again.map(({ statusCode }) => statusCode)).toEqual([401, 200]);
    expect((await identity.manage('GET', `${path}/denied`)).json()).toMatchObject({ items: [{ device: 'one' }] });
    expect((await identity.manage('DELETE', `${path}/denied/one`)).statusCode).toBe(204);
    const back = await ask(name, 'one', passwordOf(key, 'one'));
    expect([back.statusCode, await refusedBy(back), await refusedBy(one)]).toEqual([
      200,
      null,
      `device:${key.fleetId}/one`,
    ]);
  });

  it('goes from key to key with an overlap: a device gets its new password for the old one', async () => {
    const { name, path, key: old } = await newFleet();
    const next = await newKey(name);
    const held = [await ask(name, 'one', passwordOf(old, 'one')), await ask(name, 'one', passwordOf(next, 'one'))];
    const moved = await identity.app.inject({
      method: 'POST',
      url: `/oauth2/device-password?service=${loginServer}`,
      headers: { authorization: basic(`${name}/one:${passwordOf(old, 'one')}`) },
    });
    expect([moved.statusCode, moved.json()]).toEqual([
      200,
      { username: `${name}/one`, password: passwordOf(next, 'one'), key_id: next.id },
    ]);
    expect((await identity.manage('PATCH', `${path}/keys/${old.id}`, { status: 'disabled' })).statusCode).toBe(204);
    expect((await ask(name, 'one', passwordOf(old, 'one'))).statusCode).toBe(401);
    const [byOld, byNext] = held;
    if (byOld === undefined || byNext === undefined) throw new Error('nothing held');
    expect([await refusedBy(byOld), await refusedBy(byNext)]).toEqual([`fleet-key:${old.fleetId}/${old.id}`, null]);
    expect((await identity.manage('DELETE', `${path}/keys/${old.id}`)).statusCode).toBe(204);
    expect((await identity.manage('DELETE', `${path}/keys/${old.id}`)).statusCode).toBe(404);
  });

  it('gives a new password for nothing but a good one of a device', async () => {
    const { name, key } = await newFleet();
    const post = (headers: Record<string, string>, service = loginServer) =>
      identity.app.inject({ method: 'POST', url: `/oauth2/device-password?service=${service}`, headers });
    const wrong = await post({ authorization: basic(`${name}/one:${passwordOf(key, 'two')}`) });
    const none = await post({});
    const elsewhere = await post({ authorization: basic(`${name}/one:${passwordOf(key, 'one')}`) }, 'other.example');
    expect([wrong, none, elsewhere].map(({ statusCode }) => statusCode)).toEqual([401, 401, 400]);
  });

  it.each([
    ['disabled', 'PUT', { scopeMap: 'meters-read', status: 'disabled' }],
    ['pointed to another scope map', 'PUT', { scopeMap: 'others-read' }],
    ['deleted', 'DELETE', undefined],
  ] as const)('ends what its devices hold when it is %s', async (_what, method, body) => {
    const { name, path, key } = await newFleet();
    const held = await ask(name, 'one', passwordOf(key, 'one'));
    expect((await identity.manage(method, path, body)).statusCode).toBeLessThan(300);
    expect(await refusedBy(held)).toBe(`fleet:${key.fleetId}`);
  });

  it('S1-02 gives no fleet and no key whose rights the caller does not hold', async () => {
    const answer = await identity.manage('PUT', '/fleets/signing', { scopeMap: 'signers' });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'not-held']);
  });

  it('tells policy of any device by what it is decided, and why it is refused', async () => {
    const { path, name, key } = await newFleet();
    const ref = (device: string) => `device:${key.fleetId}/${device}`;
    const records = async (...refs: string[]) =>
      principalsAnswer.parse((await identity.internal('/internal/principals', { principals: refs })).json()).principals;
    await identity.manage('PUT', `${path}/denied/lost`);
    const scopeMapId = policy.setScopeMap('meters-read', ['repositories/meters/*/content/read']).id;
    const common = { account: installation.accountId, registryId: key.registryId, scopeMapId, owner: null };
    const other = `device:${installation.registryId}/device-1`;
    const found = await records(ref('device-1'), ref('lost'), ref('.dotted'), other, 'device:none');
    expect(found.toSorted((a, b) => (a.ref < b.ref ? -1 : 1))).toMatchObject([
      { ...common, ref: ref('device-1'), name: `${name}/device-1`, status: 'enabled' },
      { ...common, ref: ref('lost'), status: 'disabled', refusal: 'device-denied' },
    ]);
    expect(found).toHaveLength(2);
    await identity.manage('PATCH', `${path}/keys/${key.id}`, { status: 'disabled' });
    expect(await records(ref('device-1'))).toMatchObject([{ status: 'disabled', refusal: 'fleet-key-disabled' }]);
    await identity.manage('PUT', path, { scopeMap: 'meters-read', status: 'disabled' });
    const [disabled] = await records(ref('device-1'));
    expect([disabled?.status, disabled?.refusal]).toEqual(['disabled', undefined]);
  });

  it('is a disabled holder of its scope map without an enabled key', async () => {
    const { path, name, key } = await newFleet();
    const { id } = policy.setScopeMap('meters-read', ['repositories/meters/*/content/read']);
    const status = async () => {
      const { items } = scopeMapHoldersAnswer.parse(
        (await identity.internal(`/internal/scope-maps/${id}/holders`)).json(),
      );
      return items.find((holder) => holder.name === name)?.status;
    };
    expect(await status()).toBe('enabled');
    await identity.manage('PATCH', `${path}/keys/${key.id}`, { status: 'disabled' });
    expect(await status()).toBe('disabled');
    await newKey(name);
    expect(await status()).toBe('enabled');
    await identity.manage('PUT', path, { scopeMap: 'meters-read', status: 'disabled' });
    expect(await status()).toBe('disabled');
  });

  it('counts for the question whether a scope map is in use', async () => {
    await newFleet();
    const map = policy.setScopeMap('meters-read', ['repositories/meters/*/content/read']);
    const answer = await identity.internal(`/internal/scope-maps/${map.id}/tokens`);
    expect(answer.json<{ count: number }>().count).toBeGreaterThan(0);
  });

  it('lists fleets by pages and refuses names that none can have', async () => {
    await newFleet();
    const { items } = (await identity.manage('GET', '/fleets?limit=1')).json<{ items: object[] }>();
    expect(items).toHaveLength(1);
    expect((await identity.manage('PUT', '/fleets/a%2Fb', { scopeMap: 'meters-read' })).statusCode).toBe(400);
    expect((await identity.manage('PUT', '/fleets/meters-1/denied/..x')).statusCode).toBe(400);
  });
});
