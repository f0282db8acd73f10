import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { installation, repositoryDeleted, repositoryDeletionKey, type RepositoryDeletion } from '@berth/contracts';
import { RegistryFollowing } from '@berth/definitions';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adminPassword, IdentityReplica, loginServer, migrateIdentity, StoppedClock } from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';

const { registryId, accountId: account } = installation;
const path = '/internal/repository-deletions';
const admin = `admin:${adminPassword}`;

describe('a deleted repository is another one when its name comes back', () => {
  let database: TestDatabase;
  let databaseUrl: string;
  let policy: PolicyStandIn;
  let one: IdentityReplica;
  let two: IdentityReplica;
  let credential: string;
  let repository = 'team/app-0';
  let last = 100;
  const clock = new StoppedClock();

  beforeAll(async () => {
    database = await createTestDatabase();
    databaseUrl = await migrateIdentity(database);
    policy = await PolicyStandIn.start();
    policy.setScopeMap('readers', ['repositories/team/*/content/read']);
    one = await start('identity-1');
    two = await start('identity-2');
    await one.manage('PUT', '/tokens/device-1', { scopeMap: 'readers' });
    const { password } = (await one.manage('POST', '/tokens/device-1/passwords', { slot: 1 })).json();
    credential = `device-1:${password}`;
  });
  afterAll(async () => {
    await one.stop();
    await two.stop();
    await policy.stop();
    await database.drop();
  });
  beforeEach(() => {
    last += 10;
    repository = `team/app-${last}`;
  });

  function start(instance: string, environment: Readonly<Record<string, string>> = {}): Promise<IdentityReplica> {
    return IdentityReplica.start({
      ...{ databaseUrl, policy, clock },
      environment: { BERTH_INSTANCE: instance, ...environment },
    });
  }

  function deletion(version: number): RepositoryDeletion {
    return { registryId, account, repository, version, deletedAt: new Date(clock.read()).toISOString() };
  }

  async function tell(replica: IdentityReplica, version: number): Promise<void> {
    const answer = await replica.internal(path, deletion(version));
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
  }

  /** The incarnation in a token that is issued now. */
  async function incFrom(replica: IdentityReplica, user = credential): Promise<number | undefined> {
    const scope = ['scope', `repository:${repository}:pull`] as const;
    const answer = await replica.askForToken([['service', loginServer], scope], user);
    expect(answer.statusCode).toBe(200);
    const { access } = replica.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
    return access[0]?.inc;
  }

  it('names the old incarnation before the deletion, and the new one after it, at every replica', async () => {
    expect([await incFrom(one), await incFrom(two), await incFrom(two, admin)]).toEqual([0, 0, 0]);
    await tell(one, last);
    expect([await incFrom(two), await incFrom(two, admin), await incFrom(one)]).toEqual([last, last, last]);
    await tell(two, last + 1);
    expect([await incFrom(one, admin), await incFrom(one), await incFrom(two)]).toEqual([last + 1, last + 1, last + 1]);
    repository = 'team/other';
    expect(await incFrom(one)).toBe(0);
  });

  it('takes the same deletion twice, older ones after newer ones, and its record too', async () => {
    await tell(one, last + 3);
    await tell(two, last + 3);
    await tell(one, last + 1);
    const record = { topic: repositoryDeleted.name, key: repositoryDeletionKey(deletion(last)), change: 1 };
    await two.app.get(RegistryFollowing).copy.takeIn([{ ...record, data: deletion(last + 3) }]);
    await Promise.all([tell(one, last + 2), tell(two, last + 5), tell(one, last + 4), tell(two, last + 5)]);
    expect([await incFrom(one), await incFrom(two)]).toEqual([last + 5, last + 5]);
  });

  it('never names an older incarnation than a deletion that was answered before the request, under load', async () => {
    for (let round = 1; round <= 5; round++) {
      const telling = tell(round % 2 === 0 ? one : two, last + round);
      const early = await Promise.all(Array.from({ length: 20 }, () => incFrom(two)));
      await telling;
      const late = await Promise.all(Array.from({ length: 20 }, (_, n) => incFrom(n % 2 === 0 ? one : two)));
      expect(new Set(late)).toEqual(new Set([last + round]));
      for (const inc of early) expect([last + round, round === 1 ? 0 : last + round - 1]).toContain(inc);
    }
  });

  it('remembers after a restart', async () => {
    await tell(one, last);
    const three = await start('identity-3');
    expect(await incFrom(three)).toBe(last);
    await three.stop();
  });

  it('refuses who has no key, and what is no deletion', async () => {
    const unknown = await one.app.inject({ method: 'POST', url: path, payload: deletion(last) });
    expect(unknown.statusCode).toBe(404);
    expect((await one.internal(path, { ...deletion(last), version: 0 })).statusCode).toBe(400);
    expect((await one.internal(path, { ...deletion(last), more: true })).statusCode).toBe(400);
    expect(await incFrom(one)).toBe(0);
  });

  it('is ready and issues with neither Kafka nor the registry, and says that it may not know all', async () => {
    const three = await start('identity-3');
    const ready = (await three.app.inject('/health/ready')).json<{ status: string; checks: object[] }>();
    expect(ready.status).toBe('ready');
    expect(ready.checks).toContainEqual({ name: 'deletions', isReady: true, detail: 'not read to the end yet' });
    expect(await incFrom(three)).toBe(0);
    await three.stop();
  });

  it('asks the registry while Kafka is silent, and issues while it does not answer', async () => {
    const change = { topic: repositoryDeleted.name, key: repositoryDeletionKey(deletion(last)), change: 1 };
    const page = { changes: [{ ...change, data: deletion(last) }], upTo: 1, more: false };
    const registry = await registryWith(page);
    const { port } = registry.address() as AddressInfo;
    const three = await start('identity-3', { BERTH_REGISTRY_URL: `http://127.0.0.1:${port}` });
    clock.advance(1_000);
    await three.app.get(RegistryFollowing).follower.tick();
    expect([await incFrom(three), await incFrom(one)]).toEqual([last, last]);
    await new Promise((resolve) => registry.close(resolve));
    clock.advance(60_000);
    await three.app.get(RegistryFollowing).follower.tick();
    expect(await incFrom(three)).toBe(last);
    await three.stop();
  });
});

/** Answers everything with this. */
async function registryWith(page: object): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('connection', 'close').end(JSON.stringify(page));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
