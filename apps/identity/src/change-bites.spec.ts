import { installation, minimumRaised, type ScopeMapDefinition } from '@berth/contracts';
import { PolicyFollowing } from '@berth/definitions';
import { Database } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adminPassword, IdentityReplica, loginServer, migrateIdentity, StoppedClock } from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';

const read = 'repositories/samples/hello-world/content/read';
const write = 'repositories/samples/hello-world/content/write';
const asked = 'repository:samples/hello-world:pull,push';

describe('a change bites at once although tokens are signed', () => {
  let database: TestDatabase;
  let policy: PolicyStandIn;
  let one: IdentityReplica;
  let two: IdentityReplica;
  let map: ScopeMapDefinition;
  let credential: string;
  const clock = new StoppedClock();

  beforeAll(async () => {
    database = await createTestDatabase();
    policy = await PolicyStandIn.start();
    const databaseUrl = await migrateIdentity(database);
    map = policy.setScopeMap('map-1', [read, write]);
    one = await IdentityReplica.start({ databaseUrl, policy, clock, environment: { BERTH_INSTANCE: 'identity-1' } });
    two = await IdentityReplica.start({ databaseUrl, policy, clock, environment: { BERTH_INSTANCE: 'identity-2' } });
    await one.manage('PUT', '/tokens/device-1', { scopeMap: 'map-1' });
    credential = `device-1:${await newPassword(1)}`;
  });
  afterAll(async () => {
    await one.stop();
    await two.stop();
    await policy.stop();
    await database.drop();
  });
  beforeEach(async () => {
    map = policy.setScopeMap('map-1', [read, write]);
    await one.follow();
    await two.follow();
    // A map that was deleted by the test before is another one now.
    await one.manage('PUT', '/tokens/device-1', { scopeMap: 'map-1' });
  });

  async function newPassword(slot: 1 | 2): Promise<string> {
    const answer = await one.manage('POST', '/tokens/device-1/passwords', { slot });
    return answer.json<{ password: string }>().password;
  }

  async function claimsFrom(replica: IdentityReplica, user = credential) {
    const answer = await replica.askForToken(
      [
        ['service', loginServer],
        ['scope', asked],
      ],
      user,
    );
    expect(answer.statusCode).toBe(200);
    return replica.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
  }

  /** The subject for which a registry refuses these claims, once it has read all that identity published. */
  async function refusedBy({ ver, iat }: { ver: Record<string, number>; iat: number }): Promise<string | null> {
    return (await one.accessState()).refusedBy(ver, iat);
  }

  it('refuses tokens of before a narrowing, and none of after it', async () => {
    const before = await claimsFrom(one);
    expect(await refusedBy(before)).toBeNull();
    const narrowed = policy.setScopeMap('map-1', [read]);
    await one.follow();
    expect(await refusedBy(before)).toBe(`scope-map:${map.id}`);
    const after = await claimsFrom(one);
    expect(after.ver[`scope-map:${map.id}`]).toBe(narrowed.version);
    expect(after.access[0]?.actions).toEqual(['pull']);
    expect(await refusedBy(after)).toBeNull();
  });

  it('leaves tokens alone when a scope map gives more', async () => {
    const before = await claimsFrom(one);
    policy.setScopeMap('map-1', [read, write, 'repositories/more/content/read']);
    await one.follow();
    expect(await refusedBy(before)).toBeNull();
  });

  it('never signs from an older definition than the schema holds, whichever replica stored it', async () => {
    await claimsFrom(two);
    for (let round = 0; round < 10; round++) {
      const [from, to] = round % 2 === 0 ? [one, two] : [two, one];
      const { version } = policy.setScopeMap('map-1', round % 4 < 2 ? [read] : [read, write]);
      await from.follow();
      const claims = await claimsFrom(to);
      expect(claims.ver[`scope-map:${map.id}`]).toBe(version);
      expect(await refusedBy(claims)).toBeNull();
    }
  });

  it('holds that for requests that run while definitions change under them', async () => {
    for (let round = 0; round < 5; round++) {
      const storing = (async () => {
        policy.setScopeMap('map-1', round % 2 === 0 ? [read] : [read, write]);
        await one.follow();
        return (await one.accessState()).size;
      })();
      const early = await Promise.all(Array.from({ length: 20 }, () => claimsFrom(two)));
      await storing;
      const late = await Promise.all(Array.from({ length: 20 }, () => claimsFrom(two)));
      for (const claims of late) expect(await refusedBy(claims)).toBeNull();
      const [newest] = late;
      for (const claims of early) {
        const isOld = (claims.ver[`scope-map:${map.id}`] ?? 0) < (newest?.ver[`scope-map:${map.id}`] ?? 0);
        if (round % 2 === 0) expect((await refusedBy(claims)) !== null).toBe(isOld);
      }
    }
  });

  it('raises the minimum in the transaction that stores the narrowed definition, or stores neither', async () => {
    const before = await claimsFrom(one);
    const owner = Database.open({ url: database.url, applicationName: 'spec', schema: 'identity' });
    await owner.query(
      `alter table published_state add constraint no_minimum check (topic <> '${minimumRaised.name}') not valid`,
    );
    policy.setScopeMap('map-1', [read]);
    await expect(one.follow()).rejects.toThrow('no_minimum');
    const still = await claimsFrom(two);
    expect(still.ver).toEqual(before.ver);
    expect(still.access[0]?.actions).toEqual(['pull', 'push']);
    await owner.query(`alter table published_state drop constraint no_minimum`);
    await one.follow();
    expect(await refusedBy(still)).toBe(`scope-map:${map.id}`);
    await owner.close();
  });

  it('takes the next state of a definition that cannot be read any more, and refuses the tokens of before it', async () => {
    const before = await claimsFrom(one);
    const owner = Database.open({ url: database.url, applicationName: 'spec', schema: 'identity' });
    const key = `scope-map:${map.id}`;
    await owner.query(`update followed_record set data = '{"kind":"scope-map"}' where key = $1`, [key]);
    await owner.close();
    expect(await refusedBy(before)).toBeNull();
    policy.setScopeMap('map-1', [read, write]);
    await one.follow();
    expect(await refusedBy(before)).toBe(key);
    expect(await refusedBy(await claimsFrom(two))).toBeNull();
  });

  it('raises it once, however many replicas and times the record comes', async () => {
    const { version } = policy.setScopeMap('map-1', [read]);
    await Promise.all([one.follow(), two.follow(), one.follow(), two.follow()]);
    const sent = await one.app
      .get(Database)
      .query(
        `select 1 from outbox where topic = $1 and data ->> 'subject' = $2 and (data ->> 'version')::bigint = $3`,
        [minimumRaised.name, `scope-map:${map.id}`, version],
      );
    expect(sent).toHaveLength(1);
  });

  it('gives nothing from a deleted scope map, and ends what it gave', async () => {
    const before = await claimsFrom(one);
    policy.deleteScopeMap(map);
    await one.follow();
    expect(await refusedBy(before)).toBe(`scope-map:${map.id}`);
    expect((await claimsFrom(two)).access).toEqual([]);
  });

  it('ends what an assignment gave when it is bound to less', async () => {
    const admin = `admin:${adminPassword}`;
    const before = await claimsFrom(one, admin);
    policy.giveAdmin({ kind: 'repository', registryId: installation.registryId, pattern: 'other/*' });
    await one.follow();
    expect(await refusedBy(before)).toBe(`role-assignment:${installation.ownerAssignmentId}`);
    expect((await claimsFrom(two, admin)).access).toEqual([]);
    policy.giveAdmin({ kind: 'account' });
    await one.follow();
    expect((await claimsFrom(two, admin)).access).toHaveLength(1);
  });

  it('refuses a disabled token on every replica at once, and what it got; once enabled it works without a new password', async () => {
    const before = await claimsFrom(two);
    await one.manage('PATCH', '/tokens/device-1', { status: 'disabled' });
    const refused = await two.askForToken([['service', loginServer]], credential);
    expect(refused.statusCode).toBe(401);
    expect(await refusedBy(before)).toBe(before.sub);
    await one.manage('PATCH', '/tokens/device-1', { status: 'enabled' });
    expect(await refusedBy(await claimsFrom(two))).toBeNull();
  });

  it('ends one password and leaves the other, when it is generated anew', async () => {
    const other = `device-1:${await newPassword(2)}`;
    const [first, second] = [await claimsFrom(two), await claimsFrom(two, other)];
    const anew = `device-1:${await newPassword(2)}`;
    expect((await two.askForToken([['service', loginServer]], other)).statusCode).toBe(401);
    expect([await refusedBy(first), await refusedBy(second)]).toEqual([null, `slot:${second.sub.slice(6)}/2`]);
    expect(await refusedBy(await claimsFrom(two, anew))).toBeNull();
  });

  it('refuses a token that was deleted and made again under its name', async () => {
    await one.manage('PUT', '/tokens/device-2', { scopeMap: 'map-1' });
    const { password } = (await one.manage('POST', '/tokens/device-2/passwords', { slot: 1 })).json();
    const before = await claimsFrom(two, `device-2:${password}`);
    await one.manage('DELETE', '/tokens/device-2');
    await one.manage('PUT', '/tokens/device-2', { scopeMap: 'map-1' });
    expect((await two.askForToken([['service', loginServer]], `device-2:${password}`)).statusCode).toBe(401);
    expect(await refusedBy(before)).toBe(before.sub);
  });

  it('decides from what the schema holds after a restart', async () => {
    const { version } = policy.setScopeMap('map-1', [read]);
    await one.follow();
    const three = await IdentityReplica.start({
      databaseUrl: one.databaseUrl,
      policy,
      clock,
      environment: { BERTH_INSTANCE: 'identity-3' },
    });
    expect((await claimsFrom(three)).ver[`scope-map:${map.id}`]).toBe(version);
    expect(three.app.get(PolicyFollowing).copy.epoch).toBe(one.app.get(PolicyFollowing).copy.epoch);
    await three.stop();
  });
});
