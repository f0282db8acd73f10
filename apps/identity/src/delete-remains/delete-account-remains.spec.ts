import { type AccountDefinition, type EntryDraft, type ProhibitionDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { active, IdentityPlace } from '../identity-place.suite.js';
import type { IdentityReplica, Method } from '../identity-app.suite.js';
import { POLICY_CLIENT, type PolicyClient } from '../policy-client.js';
import { Sessions } from '../sessions.js';
import { DeleteAccountRemains } from './delete-account-remains.js';

const password = 'correct horse battery';

describe('DeleteAccountRemains', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let db: Database;

  beforeAll(async () => {
    place = await IdentityPlace.start();
    ({ identity } = place);
    db = identity.app.get(Database);
  });
  afterAll(() => place.stop());

  const round = (signal?: AbortSignal) => identity.app.get(DeleteAccountRemains).round(signal);

  /** An account whose Owner has made what an account can have. */
  async function account() {
    const id = uuidv7();
    const name = `acme-${id.slice(-12)}`;
    const definition = place.policy.set<AccountDefinition>({ kind: 'account', id, account: id, name, ...active });
    await identity.follow();
    const made = await place.call('POST', '/users', { name: 'owner', password, account: id });
    const owner = made.json<{ id: string }>();
    await place.give(`user:${owner.id}`, 'Owner', id);
    const credential = `${name}/owner:${password}`;
    const as = (method: Method, path: string, body?: object) => identity.callAs(credential, [method, path], body);
    const service = (await as('POST', '/service-ids', { name: 'robot' })).json<{ id: string }>();
    const { apiKey } = (await as('POST', `/service-ids/${service.id}/api-keys`, {})).json<{ apiKey: string }>();
    const group = (await as('POST', '/groups', { name: 'team' })).json<{ id: string }>();
    await as('PUT', `/groups/${group.id}/members/user:${owner.id}`);
    const { secret } = await db.transaction((tx) => identity.app.get(Sessions).open(tx, { id: owner.id, account: id }));
    const workload = uuidv7();
    await db.query(`insert into workload (id, account, name, version, created_at) values ($1, $2, 'ci', 1, now())`, [
      workload,
      id,
    ]);
    await db.query(
      `insert into federation (id, account, name, workload_id, issuer, subject, fingerprint, created_at)
       values ($1, $2, 'ci', $3, 'https://ci.example', 'main', '\\x00', now())`,
      [uuidv7(), id, workload],
    );
    return { definition, id, name, as, credential, service: `robot:${apiKey}`, secret, workload };
  }

  const prohibitionOf = ({ id }: { id: string }): Omit<ProhibitionDefinition, 'version'> => ({
    ...{ kind: 'prohibition', id, account: id, cause: 'deleting', scope: { kind: 'account' }, ...active },
    ...{ actions: null, exceptFrom: [] },
  });

  async function deleting(of: { id: string }): Promise<ProhibitionDefinition> {
    const prohibition = place.policy.set<ProhibitionDefinition>(prohibitionOf(of));
    await identity.follow();
    return prohibition;
  }

  async function left({ id }: { id: string }): Promise<number> {
    const tables = ['user_account', 'service_id', 'api_key', 'principal_group', 'group_member', 'session'];
    const counts = [...tables, 'federation', 'workload'].map(
      (table) => `select id from (select account as id from ${table})`,
    );
    const rows = await db.query(`select id from (${counts.join(' union all ')}) where id = $1`, [id]);
    return rows.length;
  }

  async function entriesOf({ id }: { id: string }): Promise<EntryDraft[]> {
    const rows = await db.query<{ data: EntryDraft }>(
      `select data from outbox where data->>'event' = 'deleted' and data->>'account' = $1 order by id`,
      [id],
    );
    return rows.map(({ data }) => data);
  }

  it('nobody of an account that is being deleted logs in, and who has is refused at once', async () => {
    const acme = await account();
    const before = (await identity.logIn(acme.credential)).json<{ token: string }>().token;
    const claims = identity.verifier().verifyManagement(before);
    expect(await place.refusedBy(claims)).toBe(null);
    const answers = async () => [
      (await identity.logIn(acme.credential)).statusCode,
      (await identity.logIn(acme.service)).statusCode,
      (await identity.sessionToken(acme.secret)).statusCode,
    ];
    expect(await answers()).toEqual([200, 200, 200]);
    await deleting(acme);
    expect(await answers()).toEqual([401, 401, 401]);
    expect((await identity.entries()).slice(-3)).toMatchObject([
      { event: 'token-refused', reason: 'account-deleting' },
      { event: 'token-refused', reason: 'account-deleting' },
      { event: 'token-refused', reason: 'account-deleting' },
    ]);
    expect(await place.refusedBy(claims)).toBe(`account:${acme.id}`);
    expect((await acme.as('GET', '/users/me')).statusCode).toBe(401);
    const made = await place.call('POST', '/users', { name: 'late', account: acme.id });
    expect([made.statusCode, made.json<{ code: string }>().code]).toEqual([400, 'unknown-account']);
  });

  it('deletes all who are in it, tells of each batch who decided, and then policy; nothing of another account', async () => {
    const [acme, other] = [await account(), await account()];
    const kept = await left(other);
    const { version } = await deleting(acme);
    expect([await left(acme), await round()]).toEqual([8, expect.any(Number)]);
    expect([await left(acme), await left(other)]).toEqual([0, kept]);
    const common = { actor: { id: null, name: 'deletion' }, decidedBy: [{ ref: `prohibition:${acme.id}`, version }] };
    expect((await entriesOf(acme)).slice(-5)).toMatchObject([
      { ...common, action: 'federations/delete', asked: '1 federations deleted with their account, ci to ci' },
      { ...common, action: 'federations/delete', asked: '1 workloads deleted with their account, ci to ci' },
      { ...common, action: 'serviceIds/delete', asked: '1 service IDs deleted with their account, robot to robot' },
      { ...common, action: 'groups/delete' },
      { ...common, action: 'users/delete', target: { resourceName: acme.id } },
    ]);
    expect(place.policy.emptiedAccounts).toContain(acme.id);
    expect(place.policy.emptiedAccounts).not.toContain(other.id);
    expect((await identity.logIn(other.credential)).statusCode).toBe(200);
  });

  it('goes on where a round stopped, tells policy only when nobody is left, and finds who came late', async () => {
    const acme = await account();
    const fill = (count: number) =>
      db.query(
        `insert into user_account (id, account, name, status, version, created_at)
         select gen_random_uuid(), $1, 'late-' || gen_random_uuid(), 'enabled', 1, now() from generate_series(1, $2)`,
        [acme.id, count],
      );
    await fill(1100);
    await deleting(acme);
    const stopped = new AbortController();
    stopped.abort();
    await round(stopped.signal);
    expect([await left(acme), place.policy.emptiedAccounts.includes(acme.id)]).toEqual([1108, false]);
    await db.transaction(async (tx) => {
      await tx.query(`select id from user_account where account = $1 and name = 'owner' for update`, [acme.id]);
      await round();
      expect([await left(acme), place.policy.emptiedAccounts.includes(acme.id)]).toEqual([2, false]);
    });
    await round();
    expect([await left(acme), place.policy.emptiedAccounts.includes(acme.id)]).toEqual([0, true]);
    place.policy.set<AccountDefinition>({ ...acme.definition, status: 'deleted' });
    place.policy.set<ProhibitionDefinition>({ ...prohibitionOf(acme), status: 'deleted' });
    await identity.follow();
    expect((await identity.logIn(acme.credential)).statusCode).toBe(401);
    await fill(2);
    expect([await round(), await left(acme)]).toEqual([2, 0]);
  });

  it('leaves no workload whose federations two replicas delete at once, and tells policy only then', async () => {
    const acme = await account();
    await db.query(
      `insert into federation (id, account, name, workload_id, issuer, subject, fingerprint, created_at)
       values ($1, $2, 'ci-too', $3, 'https://ci.example', 'next', '\\x01', now())`,
      [uuidv7(), acme.id, acme.workload],
    );
    await deleting(acme);
    await db.transaction(async (tx) => {
      await tx.query(`delete from federation where account = $1 and name = 'ci-too'`, [acme.id]);
      await round();
      expect([await left(acme), place.policy.emptiedAccounts.includes(acme.id)]).toEqual([2, false]);
    });
    expect([await left(acme), await round()]).toEqual([1, 1]);
    expect([await left(acme), place.policy.emptiedAccounts.includes(acme.id)]).toEqual([0, true]);
  });

  it('ends an account although that of another fails, which goes on in the next round', async () => {
    const [failing, unheard, other] = [await account(), await account(), await account()];
    for (const each of [failing, unheard, other]) await deleting(each);
    const client = identity.app.get<PolicyClient>(POLICY_CLIENT);
    const away = () => Promise.reject(new AppError({ kind: 'unavailable', message: 'policy is away' }));
    const [definition, tell] = [client.definition.bind(client), client.tellAccountEmptied.bind(client)];
    const asked = vi
      .spyOn(client, 'definition')
      .mockImplementation((kind, id) => (id === failing.id ? away() : definition(kind, id)));
    const told = vi
      .spyOn(client, 'tellAccountEmptied')
      .mockImplementation((id) => (id === unheard.id ? away() : tell(id)));
    await round();
    const states = async () => [await left(failing), await left(unheard), await left(other)];
    const emptied = () => [failing, unheard, other].map(({ id }) => place.policy.emptiedAccounts.includes(id));
    expect([await states(), emptied()]).toEqual([
      [8, 0, 0],
      [false, false, true],
    ]);
    asked.mockRestore();
    told.mockRestore();
    await round();
    expect([await states(), emptied()]).toEqual([
      [0, 0, 0],
      [true, true, true],
    ]);
  });

  it('deletes nobody by a prohibition that policy does not have', async () => {
    const acme = await account();
    const prohibition = await deleting(acme);
    place.policy.set<ProhibitionDefinition>({ ...prohibition, status: 'deleted' });
    expect([await round(), await left(acme)]).toEqual([0, 8]);
  });
});
