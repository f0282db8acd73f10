import { createTestDatabase } from '@berth/testing';
import { definitionChanged, entryDraft, installation, minimumRaised, type Minimum } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Outbox } from '@berth/messaging';
import { createLogger, Metrics } from '@berth/telemetry';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Authorized } from './registry-access.js';
import { Report } from './report.js';
import type { RepositoryToken } from './repository-token.js';
import { createIdentityDatabase, type IdentityDatabase } from './storage/identity-database.suite.js';
import { PostgresTokenStore } from './storage/token.store.js';
import { TokenChanges, type NewToken, type TokenWish } from './token-changes.js';
import { UnknownNames } from './unknown-names.js';

const nowMs = Date.UTC(2026, 0, 1);
const asked = { scopeMapId: uuidv7(), status: 'enabled', expiresAtMs: null, labels: {}, owner: null } as const;
const wish: NewToken = { ...asked, isPersonal: false };

const caller: Caller = {
  ref: `user:${installation.adminUserId}`,
  name: 'admin',
  account: installation.accountId,
  groups: [],
  operator: true,
  token: 'management-token',
  address: '192.0.2.1',
  userAgent: 'spec',
  traceId: undefined,
};

describe('TokenChanges', () => {
  let database: IdentityDatabase;
  let changes: TokenChanges;
  const tokens = new PostgresTokenStore();

  beforeAll(async () => {
    database = await createIdentityDatabase(await createTestDatabase());
    const clock = () => nowMs;
    const outbox = new Outbox({ service: 'identity', instance: 'identity-1', clock });
    const report = new Report({
      spool: { append: () => Promise.reject(new Error('a change is told by the outbox')) },
      refused: { enter: () => Promise.reject(new Error('nobody is refused')), count: () => undefined },
      outbox,
      logger: createLogger({ service: 'identity', instance: 'identity-1', level: 'silent' }),
      metrics: new Metrics('identity', 'identity-1'),
      unknownNames: new UnknownNames(Buffer.alloc(32)),
      clock,
      instance: 'identity-1',
    });
    changes = new TokenChanges(outbox, tokens, report, clock);
  });
  afterAll(() => database.drop());
  beforeEach(() => database.db.query(`with told as (delete from outbox) delete from published_state`));

  function authorized(name = `token-${uuidv7().slice(-12)}`): Authorized {
    return {
      caller,
      registry: {
        kind: 'registry',
        id: installation.registryId,
        account: installation.accountId,
        version: 1,
        status: 'active',
        changedAt: '2026-01-01T00:00:00.000Z',
        name: 'local',
        region: null,
        resourceGroup: null,
        plan: 'standard',
      },
      action: 'tokens/write',
      resourceName: name,
      decidedBy: { kind: 'role-assignment', id: installation.ownerAssignmentId, version: 1 },
    };
  }

  /** A token with both passwords, and nothing published yet. */
  async function givenToken(change: Partial<TokenWish> = {}): Promise<{ by: Authorized; token: RepositoryToken }> {
    const by = authorized();
    await database.db.transaction((tx) => changes.create(tx, by, { ...wish, ...change }));
    for (const slot of [1, 2] as const) await setPassword(by, slot);
    await database.db.query(`with told as (delete from outbox) delete from published_state`);
    return { by, token: await read(by) };
  }

  async function read(by: Authorized): Promise<RepositoryToken> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const token = await tokens.find(database.db, by.caller.account, key);
    if (token === null) throw new Error('the token is gone');
    return token;
  }

  async function setPassword(by: Authorized, slot: 1 | 2): Promise<void> {
    const before = await read(by);
    const password = { slot, sha256: Buffer.alloc(32, slot), expiresAtMs: null };
    await database.db.transaction((tx) => changes.setPassword(tx, by, { before, password }));
  }

  async function update(by: Authorized, change: Partial<TokenWish>): Promise<RepositoryToken> {
    const before = await read(by);
    return database.db.transaction((tx) => changes.update(tx, by, { before, wish: { ...before, ...change } }));
  }

  /** Minima that are published, subject to version. */
  async function minima(): Promise<Record<string, number>> {
    const rows = await database.db.query<{ data: Minimum }>(`select data from published_state where topic = $1`, [
      minimumRaised.name,
    ]);
    return Object.fromEntries(rows.map(({ data }) => [data.subject, minimumRaised.schema.parse(data).version]));
  }

  async function entries() {
    const rows = await database.db.query<{ data: unknown }>(`select data from outbox where lane = 'bulk' order by id`);
    return rows.map(({ data }) => entryDraft.parse(data));
  }

  it('creates without a minimum', async () => {
    const by = authorized();
    const created = await database.db.transaction((tx) => changes.create(tx, by, wish));
    expect(await read(by)).toEqual(created);
    expect(await minima()).toEqual({});
  });

  it('stores no second token of a name', async () => {
    const { by } = await givenToken();
    expect(await database.db.transaction((tx) => changes.create(tx, by, wish))).toBeNull();
  });

  it.each([
    ['disabled', { status: 'disabled' as const }],
    ['pointed to another scope map', { scopeMapId: uuidv7() }],
    ['given an end', { expiresAtMs: nowMs + 1000 }],
  ])('raises the minimum of the token to its new version when it is %s', async (_what, change) => {
    const { by, token } = await givenToken();
    const updated = await update(by, change);
    expect(updated.version).toBeGreaterThan(token.version);
    expect(await minima()).toEqual({ [`token:${token.id}`]: updated.version });
    expect(await read(by)).toEqual(updated);
  });

  it.each([
    ['enabled', { status: 'disabled' as const, expiresAtMs: nowMs }, { status: 'enabled' as const }],
    ['given a later end', { expiresAtMs: nowMs }, { expiresAtMs: nowMs + 1 }],
    ['freed of its end', { expiresAtMs: nowMs }, { expiresAtMs: null }],
    ['relabelled', {}, { labels: { site: 'Berlin' } }],
  ])('raises only the version, and no minimum, when it is %s', async (_what, given, change) => {
    const { by, token } = await givenToken(given);
    expect((await update(by, change)).version).toBeGreaterThan(token.version);
    expect(await minima()).toEqual({});
  });

  it('changes nothing when the wish is fulfilled already', async () => {
    const { by, token } = await givenToken({ labels: { a: '1', b: '2' } });
    expect(await update(by, { labels: { b: '2', a: '1' } })).toEqual(token);
    expect(await entries()).toEqual([]);
    expect((await read(by)).version).toBe(token.version);
  });

  it('raises the minimum of the token when it is deleted', async () => {
    const { by, token } = await givenToken();
    await database.db.transaction((tx) => changes.delete(tx, by, token));
    const { [`token:${token.id}`]: raised, ...others } = await minima();
    expect(raised).toBeGreaterThan(token.version);
    expect(others).toEqual({});
    await expect(read(by)).rejects.toThrow('gone');
  });

  it('raises the version of the row, and no minimum, when a password is generated for the first time', async () => {
    const by = authorized();
    const created = await database.db.transaction((tx) => changes.create(tx, by, wish));
    await setPassword(by, 1);
    expect((await read(by)).version).toBeGreaterThan(created?.version ?? 0);
    expect(await minima()).toEqual({});
  });

  it('raises the minimum of one slot alone when its password is generated anew', async () => {
    const { by, token } = await givenToken();
    await setPassword(by, 1);
    const after = await read(by);
    expect(await minima()).toEqual({ [`slot:${token.id}/1`]: after.version });
    expect(after.passwords.map(({ version }) => version)).toEqual([after.version, token.passwords[1]?.version]);
  });

  it('raises the minimum of one slot alone when its password is deleted', async () => {
    const { by, token } = await givenToken();
    await database.db.transaction((tx) => changes.removePassword(tx, by, { before: token, slot: 2 }));
    const after = await read(by);
    expect(await minima()).toEqual({ [`slot:${token.id}/2`]: after.version });
    expect(after.passwords.map(({ slot }) => slot)).toEqual([1]);
  });

  it('tells each change who made it, from where, and what decided', async () => {
    const { by, token } = await givenToken();
    await update(by, { status: 'disabled' });
    expect(await entries()).toEqual([
      {
        at: '2026-01-01T00:00:00.000Z',
        account: installation.accountId,
        event: 'updated',
        actor: { id: caller.ref, name: 'admin' },
        action: 'tokens/write',
        asked: 'disabled',
        target: {
          registryId: installation.registryId,
          resource: `token:${token.id}`,
          resourceName: by.resourceName,
        },
        outcome: 'allowed',
        decidedBy: [{ ref: `role-assignment:${installation.ownerAssignmentId}`, version: 1 }],
        source: { address: '192.0.2.1', userAgent: 'spec' },
        service: 'identity',
        instance: 'identity-1',
      },
    ]);
  });

  it('stores nothing of a change whose transaction fails: no row, no entry, no minimum', async () => {
    const { by, token } = await givenToken();
    const failing = database.db.transaction(async (tx) => {
      await changes.update(tx, by, { before: token, wish: { ...token, status: 'disabled' } });
      throw new Error('the process dies here');
    });
    await expect(failing).rejects.toThrow('dies here');
    expect({ token: await read(by), minima: await minima(), entries: await entries() }).toEqual({
      token,
      minima: {},
      entries: [],
    });
  });

  it('publishes no definition: those are policy’s', async () => {
    const { by } = await givenToken();
    await update(by, { status: 'disabled' });
    const topics = await database.db.query(`select distinct topic from published_state where topic = $1`, [
      definitionChanged.name,
    ]);
    expect(topics).toEqual([]);
  });
});
