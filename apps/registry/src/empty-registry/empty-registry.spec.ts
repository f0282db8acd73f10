import { installation, registryEmptied, type ProhibitionDefinition, type RegistryEmptied } from '@berth/contracts';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { definitions, newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { pullFrom, pushImage } from '../sample-content.suite.js';
import { EmptyRegistry } from './empty-registry.js';

const { accountId: account, registryId } = installation;
const id = '01900000-0000-7000-8000-00000000dddd';
let place: TestPlace;
let one: TestRegistry;
let two: TestRegistry;
let policy: Server;
let told: RegistryEmptied[] = [];
let isPolicyAway = false;
let version = 1;
/** The prohibition as policy has it, which a replica may not have heard of yet. */
let policysOwn: ProhibitionDefinition | null = null;

beforeAll(async () => {
  policy = createServer((request, reply) => {
    if (request.url === `/internal/definitions/prohibition?name=${id}` && !isPolicyAway) {
      const found = policysOwn?.status === 'active';
      return void reply.writeHead(found ? 200 : 404).end(JSON.stringify(found ? { definition: policysOwn } : {}));
    }
    const isTold = request.url === '/internal/registry-emptied' && !isPolicyAway;
    if (!isTold) return void reply.writeHead(503).end();
    void json(request).then((body) => {
      told.push(registryEmptied.parse(body));
      reply.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(policy, 'listening');
  place = await newPlace();
  const settings = { BERTH_POLICY_URL: [`http://127.0.0.1:${(policy.address() as AddressInfo).port}`] };
  one = await TestRegistry.start(place, { instance: 'registry-1', settings });
  two = await TestRegistry.start(place, { instance: 'registry-2', settings });
});

afterAll(async () => {
  await one.stop();
  await two.stop();
  policy.close();
  await place.remove();
});

beforeEach(async () => {
  await forbid({ status: 'deleted' });
  told = [];
  isPolicyAway = false;
});

async function forbid(prohibition: Partial<ProhibitionDefinition>): Promise<void> {
  version += 1;
  policysOwn = {
    ...{ kind: 'prohibition', id, account, version, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' },
    ...{ cause: 'deleting', actions: null, exceptFrom: [], scope: { kind: 'registry', registryId } },
    ...prohibition,
  };
  for (const replica of [one, two]) await replica.define(policysOwn);
}

const round = (replica: TestRegistry) => replica.app.get(EmptyRegistry, { strict: false }).round();
const names = async () => {
  const rows = await one.db.query<{ name: string }>(`select name from repository where name is not null order by name`);
  return rows.map((row) => row.name);
};
const push = (name: string) => pushImage(one, name, { tag: 'v1', text: name });

describe('EmptyRegistry', () => {
  it('leaves alone what is not being deleted', async () => {
    await push('team/app');
    await forbid({ cause: 'lock' });
    expect(await round(one)).toBe(0);
    expect([await names(), told]).toEqual([['team/app'], []]);
  });

  it('empties a namespace alone, and tells policy of it', async () => {
    await Promise.all(['team/app', 'team', 'team/sub/app', 'team-evil/app'].map(push));
    await forbid({ scope: { kind: 'namespace', registryId, namespace: 'team' } });
    expect([await round(one), await names()]).toEqual([3, ['team-evil/app']]);
    expect(told).toEqual([{ registryId, namespace: 'team' }]);
    const entries = (await one.recorded()).filter(({ event }) => event === 'repository-deleted');
    expect(entries).toHaveLength(3);
    expect(entries[0]).toMatchObject({
      ...{ actor: { id: null, name: 'deletion' }, outcome: 'allowed', account },
      decidedBy: [{ ref: `prohibition:${id}`, version }],
    });
  });

  it('takes nothing from a namespace that others have begun again, while it is behind policy, nor without policy', async () => {
    await push('begun/app');
    await forbid({ scope: { kind: 'namespace', registryId, namespace: 'begun' } });
    isPolicyAway = true;
    expect([await round(one), told]).toEqual([0, []]);
    isPolicyAway = false;
    policysOwn = null;
    expect([await round(one), told]).toEqual([0, []]);
    expect(await names()).toContain('begun/app');
    await forbid({ scope: { kind: 'namespace', registryId, namespace: 'begun' } });
    expect(await round(one)).toBe(1);
  });

  it('empties a registry, whichever replica takes part, and goes on telling until policy has heard', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => push(`many/app${n}`)));
    await forbid({});
    isPolicyAway = true;
    const [byOne, byTwo] = await Promise.all([round(one), round(two)]);
    expect([byOne + byTwo, await names(), told]).toEqual([13, [], []]);
    isPolicyAway = false;
    expect([await round(one), await round(two)]).toEqual([0, 0]);
    expect(told).toEqual([{ registryId }, { registryId }]);
  });

  it('ends tokens of what is gone, so that nothing comes back under its name by them', async () => {
    const token = place.identity.token(pullFrom('late/app').access);
    await push('late/app');
    await forbid({});
    await round(one);
    await forbid({ status: 'deleted' });
    expect((await one.ask('GET', '/v2/late/app/manifests/v1', { token })).status).toBe(401);
  });

  it('takes away what a replica that was behind let in, and tells nobody of a registry that is deleted', async () => {
    await push('behind/app');
    const registry = definitions.find(({ kind }) => kind === 'registry');
    if (registry?.kind !== 'registry') throw new Error('no registry');
    await forbid({});
    const changedAt = new Date().toISOString();
    await one.define({ ...registry, version: 2, status: 'deleted', changedAt });
    expect((await one.ask('GET', '/v2/')).status).toBe(421);
    expect(await round(one)).toBe(1);
    expect(await round(one)).toBe(0);
    expect([await names(), told]).toEqual([[], []]);
    // What is counted of it is forgotten once it is nothing, of all.
    const counters = () => one.db.query('select 1 from storage_usage where used_bytes <> 1');
    await one.db.query(`update storage_usage set used_bytes = case namespace when 'behind' then 1 else 0 end`);
    await round(one);
    expect(await counters()).not.toEqual([]);
    await one.db.query('delete from counted_blob');
    await round(one);
    expect([await counters(), await one.db.query('select 1 from storage_usage')]).toMatchObject([[], [{}]]);
  });
});
