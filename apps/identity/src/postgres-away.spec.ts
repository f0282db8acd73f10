import { installation } from '@berth/contracts';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, IdentityReplica, loginServer, migrateIdentity, StoppedClock } from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';
import { TcpGate } from './tcp-gate.suite.js';

describe('identity without Postgres', () => {
  let database: TestDatabase;
  let gate: TcpGate;
  let policy: PolicyStandIn;
  let identity: IdentityReplica;
  let credential: string;
  const ask = (user: string) => identity.askForToken([['service', loginServer]], user);

  beforeAll(async () => {
    database = await createTestDatabase();
    gate = await TcpGate.to(await migrateIdentity(database));
    policy = await PolicyStandIn.start();
    policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']);
    identity = await IdentityReplica.start({ databaseUrl: gate.url, policy, clock: new StoppedClock() });
    await identity.manage('PUT', '/tokens/device-1', { scopeMap: 'readers' });
    const { password } = (await identity.manage('POST', '/tokens/device-1/passwords', { slot: 1 })).json();
    credential = `device-1:${password}`;
    expect((await ask(credential)).statusCode).toBe(200);
    await gate.cut();
  });
  afterAll(async () => {
    await gate.mend();
    await identity.stop();
    await gate.cut();
    await policy.stop();
    await database.drop();
  });

  it.each([
    ['a token that is remembered', () => credential],
    ['a token that is not', () => `device-2:${credential.split(':')[1]}`],
    ['a user', () => `admin:${adminPassword}`],
    ['nobody', () => 'nobody:wrong password'],
  ])('answers 503 and when to come back to %s, never 401', async (_what, user) => {
    const answer = await ask(user());
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });

  it('answers 503 to the registry that tells of a deletion, and never that it was taken in', async () => {
    const { registryId, accountId: account } = installation;
    const deletion = { registryId, account, repository: 'samples/hello-world', version: 7 };
    const told = await identity.internal('/internal/repository-deletions', {
      ...deletion,
      deletedAt: '2026-01-01T12:00:00.000Z',
    });
    expect(told.statusCode).toBe(503);
  });

  it('answers 503 to a log-in and to management', async () => {
    expect((await identity.logIn(`admin:${adminPassword}`)).statusCode).toBe(503);
    expect((await identity.app.inject('/.well-known/jwks.json')).statusCode).toBe(503);
  });

  it('goes on by itself when Postgres is back', async () => {
    await gate.mend();
    expect((await ask(credential)).statusCode).toBe(200);
    await gate.cut();
  });
});

describe('identity whose definitions are not to be decided from', () => {
  let database: TestDatabase;
  let policy: PolicyStandIn;
  let identity: IdentityReplica | null = null;
  const clock = new StoppedClock();

  beforeAll(async () => {
    database = await createTestDatabase();
    policy = await PolicyStandIn.start();
  });
  afterEach(async () => {
    await identity?.stop();
  });
  afterAll(async () => {
    await policy.stop();
    await database.drop();
  });

  it('answers 503 once they are older than is allowed', async () => {
    const databaseUrl = await migrateIdentity(database);
    identity = await IdentityReplica.start({
      databaseUrl,
      policy,
      clock,
      environment: { BERTH_DEFINITIONS_MAX_AGE: '60' },
    });
    const ask = () => identity?.askForToken([['service', loginServer]], `admin:${adminPassword}`);
    expect((await ask())?.statusCode).toBe(200);
    clock.advance(61_000);
    const answer = await ask();
    expect([answer?.statusCode, answer?.headers['retry-after']]).toEqual([503, '2']);
  });
});
