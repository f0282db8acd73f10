import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { deriveDevicePassword } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityReplica, loginServer, migrateIdentity, StoppedClock } from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';
import { TcpGate } from './tcp-gate.suite.js';

describe('a device while the list of locked-out devices is not known', () => {
  let database: TestDatabase;
  let gate: TcpGate;
  let policy: PolicyStandIn;
  let identity: IdentityReplica;

  beforeAll(async () => {
    database = await createTestDatabase();
    gate = await TcpGate.to(await migrateIdentity(database));
    policy = await PolicyStandIn.start();
    policy.setScopeMap('meters-read', ['repositories/meters/*/content/read']);
    identity = await IdentityReplica.start({ databaseUrl: gate.url, policy, clock: new StoppedClock() });
  });
  afterAll(async () => {
    await identity.stop();
    await gate.cut();
    await policy.stop();
    await database.drop();
  });

  it('is answered 503, also one that was let in a moment ago, and is let in again when Postgres is back', async () => {
    await identity.manage('PUT', '/fleets/meters', { scopeMap: 'meters-read' });
    const created = await identity.manage('POST', '/fleets/meters/keys');
    const { id: keyId, key, ...rest } = created.json<Record<'id' | 'key' | 'registryId' | 'fleetId', string>>();
    const { registryId, fleetId } = rest;
    const password = deriveDevicePassword(key, { registryId, fleetId, keyId, deviceId: 'one' });
    const ask = async () =>
      (await identity.askForToken([['service', loginServer]], `meters/one:${password}`)).statusCode;
    const before = await ask();
    await gate.cut();
    const during = await ask();
    await gate.mend();
    expect([before, during, await ask()]).toEqual([200, 503, 200]);
  });
});
