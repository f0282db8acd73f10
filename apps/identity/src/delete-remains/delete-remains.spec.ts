import { installation, type RegistryDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificates } from '../certificates.suite.js';
import { adminPassword, IdentityReplica, migrateIdentity, StoppedClock, type Method } from '../identity-app.suite.js';
import { PolicyStandIn } from '../policy-stand-in.suite.js';
import { DeleteRemains } from './delete-remains.js';

const common = { account: installation.accountId, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' } as const;
const scopeMap = '_repositories_pull';

describe('DeleteRemains', () => {
  let database: TestDatabase;
  let policy: PolicyStandIn;
  let one: IdentityReplica;
  let two: IdentityReplica;
  let db: Database;
  const clock = new StoppedClock();

  beforeAll(async () => {
    database = await createTestDatabase();
    policy = await PolicyStandIn.start();
    const databaseUrl = await migrateIdentity(database);
    one = await IdentityReplica.start({ databaseUrl, policy, clock });
    const environment = { BERTH_INSTANCE: 'identity-2' };
    two = await IdentityReplica.start({ databaseUrl, policy, clock, environment });
    db = one.app.get(Database);
  });
  afterAll(async () => {
    await two.stop();
    await one.stop();
    await policy.stop();
    await database.drop();
  });

  const round = (replica: IdentityReplica, signal?: AbortSignal) => replica.app.get(DeleteRemains).round(signal);
  const call = (method: Method, path: string, body?: object) =>
    one.callAs(`admin:${adminPassword}`, [method, `/registries/${path}`], body);

  async function newRegistry(): Promise<RegistryDefinition> {
    const id = uuidv7();
    const place = { region: null, resourceGroup: null, plan: 'standard' } as const;
    const name = `gone-${id.slice(-12)}`;
    const registry = policy.set<RegistryDefinition>({ kind: 'registry', id, name, ...place, ...common });
    await one.follow();
    return registry;
  }

  async function deleted(registry: RegistryDefinition): Promise<RegistryDefinition> {
    const gone = policy.set<RegistryDefinition>({ ...registry, status: 'deleted' });
    await one.follow();
    await two.follow();
    return gone;
  }

  /** Tokens with a password each, as an import leaves them. */
  async function fill({ id, account }: RegistryDefinition, tokens: number): Promise<void> {
    await db.query(
      `with made as (
         insert into token (id, account, registry_id, name, system_scope_map, status, version, created_at, changed_at)
         select gen_random_uuid(), $2, $1, 'device-' || n, $3, 'enabled', 1, now(), now() from generate_series(1, $4) n
         returning id, account
       ) insert into token_password (token_id, slot, account, sha256, version, created_at)
         select id, 1, account, sha256(id::text::bytea), 1, now() from made`,
      [id, account, scopeMap, tokens],
    );
  }

  async function left({ id }: RegistryDefinition) {
    const [row] = await db.query<{ tokens: number; fleets: number }>(
      `select (select count(*) from token where registry_id = $1) as tokens,
              (select count(*) from fleet where registry_id = $1) as fleets`,
      [id],
    );
    return [row?.tokens, row?.fleets];
  }

  const parts = async () => {
    const counts = ['token_password', 'token_certificate', 'fleet_key', 'fleet_denied'].map(
      (table) => `select '${table}' as name, count(*) as rows from ${table}`,
    );
    const rows = await db.query<{ name: string; rows: number }>(counts.join(' union all '));
    return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
  };

  async function entriesOf({ id }: RegistryDefinition) {
    const rows = await db.query<{ data: { event: string; action: string; target: { registryId: string } } }>(
      `select data from outbox where lane = 'bulk' and data->>'event' = 'deleted' order by id`,
    );
    return rows.map(({ data }) => data).filter(({ target }) => target.registryId === id);
  }

  it('leaves the tokens of registries that are there alone', async () => {
    const registry = await newRegistry();
    await fill(registry, 3);
    expect([await round(one), await left(registry)]).toEqual([{ tokens: 0, fleets: 0 }, [3, 0]]);
    await deleted(registry);
    expect((await round(one)).tokens).toBe(3);
  });

  it('deletes tokens and fleets with all that belongs to them, and tells of each batch who decided', async () => {
    const [registry, other] = [await newRegistry(), await newRegistry()];
    await fill(other, 2);
    const before = await parts();
    await call('PUT', `${registry.name}/tokens/token-1`, { scopeMap });
    await call('POST', `${registry.name}/tokens/token-1/passwords`, { slot: 1 });
    await call('PUT', `${registry.name}/tokens/token-1/certificates/1`, { pem: certificates.lasting });
    await call('PUT', `${registry.name}/fleets/meters`, { scopeMap });
    await call('POST', `${registry.name}/fleets/meters/keys`);
    await db.query(
      `insert into fleet_denied (fleet_id, device, account, denied_at)
       select f.id, 'device-' || n, f.account, now() from fleet f, generate_series(1, 1500) n where f.registry_id = $1`,
      [registry.id],
    );
    expect(await parts()).not.toEqual(before);
    const { version } = await deleted(registry);
    expect(await round(one)).toEqual({ tokens: 1, fleets: 1 });
    expect([await left(registry), await left(other), await parts()]).toEqual([[0, 0], [2, 0], before]);
    const common = {
      ...{ actor: { id: null, name: 'deletion' }, outcome: 'allowed', account: registry.account },
      decidedBy: [{ ref: `registry:${registry.id}`, version }],
    };
    expect(await entriesOf(registry)).toMatchObject([
      { ...common, action: 'tokens/delete', asked: '1 tokens deleted with their registry, token-1 to token-1' },
      { ...common, action: 'fleets/delete', target: { resourceName: 'meters' } },
    ]);
    await deleted(other);
    await round(one);
  });

  it('shares the work with other replicas, batch by batch, and goes on where one stopped', async () => {
    const registry = await newRegistry();
    await fill(registry, 3500);
    await deleted(registry);
    const stopped = new AbortController();
    stopped.abort();
    expect([await round(one, stopped.signal), await left(registry)]).toEqual([{ tokens: 0, fleets: 0 }, [3500, 0]]);
    const [byOne, byTwo] = await Promise.all([round(one), round(two)]);
    expect([byOne.tokens + byTwo.tokens, await left(registry)]).toEqual([3500, [0, 0]]);
    const entries = await entriesOf(registry);
    expect(entries.length).toBeGreaterThanOrEqual(4);
    expect(entries.length).toBeLessThan(12);
  });

  it('waits for nobody: what somebody is changing goes in a later round, as does what comes late', async () => {
    const registry = await newRegistry();
    await fill(registry, 2);
    await deleted(registry);
    await db.transaction(async (tx) => {
      await tx.query(`select id from token where registry_id = $1 and name = 'device-1' for update`, [registry.id]);
      expect([await round(two), await left(registry)]).toEqual([{ tokens: 1, fleets: 0 }, [1, 0]]);
    });
    expect((await round(two)).tokens).toBe(1);
    await fill(registry, 4);
    expect((await round(one)).tokens).toBe(4);
  });
});
