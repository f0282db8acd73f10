import { AccessState } from '@berth/definitions';
import { signingKey } from '@berth/contracts';
import { readChanges } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { TokenVerifier } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, IdentityReplica, loginServer, migrateIdentity, StoppedClock } from './identity-app.suite.js';
import { KeyUpkeep } from './key-upkeep.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';
import type { SigningKeyAnswer } from './signing-key-answer.js';

const service = ['service', loginServer] as const;
const second = 1000;

/** A registry that learns of keys as late as it may: a minute after they were published. */
class LateRegistry {
  private readonly state: AccessState;
  private readonly heard: { readonly atMs: number; readonly keys: ReturnType<typeof signingKey.parse>[] }[] = [];
  private readonly verifier: TokenVerifier;

  constructor(private readonly clock: StoppedClock) {
    this.state = new AccessState(clock.read);
    const keyOf = (kid: string) => this.state.keyOf(kid);
    this.verifier = new TokenVerifier({ keyOf, issuer: 'http://localhost:5000', clock: clock.read });
  }

  async listen(identity: IdentityReplica, lateMs = 59 * second): Promise<void> {
    const { changes } = await readChanges(identity.app.get(Database), { after: 0 });
    const keys = changes.flatMap(({ topic, data }) => (topic.includes('signing-key') ? [signingKey.parse(data)] : []));
    this.heard.push({ atMs: this.clock.read(), keys });
    for (const each of this.heard.filter(({ atMs }) => atMs <= this.clock.read() - lateMs)) {
      for (const key of each.keys) this.state.applyKey(key);
    }
  }

  accepts(token: string): boolean {
    try {
      this.verifier.verifyAccess(token, loginServer);
      return true;
    } catch {
      return false;
    }
  }
}

describe('rotation of signing keys', () => {
  let database: TestDatabase;
  let policy: PolicyStandIn;
  let replicas: readonly [IdentityReplica, IdentityReplica];
  let credential: string;
  const clock = new StoppedClock();

  beforeAll(async () => {
    database = await createTestDatabase();
    policy = await PolicyStandIn.start();
    policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']);
    const options = { databaseUrl: await migrateIdentity(database), policy, clock };
    replicas = [
      await IdentityReplica.start(options),
      await IdentityReplica.start({
        ...options,
        environment: { BERTH_INSTANCE: 'identity-2', BERTH_SIGNING_KEY_DAYS: '30' },
      }),
    ];
    const [identity] = replicas;
    await identity.manage('PUT', '/tokens/device-1', { scopeMap: 'readers' });
    const generated = await identity.manage('POST', '/tokens/device-1/passwords', { slot: 1 });
    credential = `device-1:${generated.json<{ password: string }>().password}`;
  });
  afterAll(async () => {
    for (const replica of replicas) await replica.stop();
    await policy.stop();
    await database.drop();
  });

  /** A call as `admin`, who is a platform operator. */
  async function operate(method: 'GET' | 'POST', path: string, body: object = {}) {
    const [identity] = replicas;
    // Identity checks management tokens with the keys that it follows, as everybody does.
    await identity.accessState();
    const { token } = (await identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    const headers = { authorization: `Bearer ${token}` };
    const payload = method === 'POST' ? { payload: body } : {};
    return identity.app.inject({ method, url: `/api/v1/${path}`, headers, ...payload });
  }

  async function keys(): Promise<SigningKeyAnswer[]> {
    return (await operate('GET', 'signing-keys')).json<{ items: SigningKeyAnswer[] }>().items;
  }

  async function tokenOf(replica: IdentityReplica): Promise<string> {
    const answer = await replica.askForToken([service], credential);
    expect(answer.statusCode).toBe(200);
    return answer.json<{ token: string }>().token;
  }

  const kidOf = (token: string): unknown =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
  const upkeep = (replica: IdentityReplica) => replica.app.get(KeyUpkeep).run();
  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    for (const replica of replicas) await upkeep(replica);
  }

  it('lets a new key sign a minute after it was published, at every replica', async () => {
    const [first, other] = replicas;
    const before = kidOf(await tokenOf(first));
    const { kid } = (await operate('POST', 'signing-keys:rotate')).json<SigningKeyAnswer>();
    await pass(59 * second);
    expect([kidOf(await tokenOf(first)), kidOf(await tokenOf(other))]).toEqual([before, before]);
    await pass(second);
    expect([kidOf(await tokenOf(first)), kidOf(await tokenOf(other))]).toEqual([kid, kid]);
    expect((await keys()).map(({ status }) => status)).toEqual(['active', 'active']);
    await pass(60 * second);
    expect((await keys()).find((key) => key.kid === before)?.status).toBe('retired');
  });

  it('experiment 37: rotating every 5 minutes, and back to the key before, refuses no token', async () => {
    const registry = new LateRegistry(clock);
    const live: { readonly token: string; readonly endsMs: number }[] = [];
    let refused = 0;
    for (let step = 0; step < 80; step++) {
      if (step % 10 === 5) {
        const retired = (await keys()).findLast(({ status }) => status === 'retired');
        await operate('POST', 'signing-keys:rotate', step % 40 === 25 ? { to: retired?.kid ?? null } : {});
        await registry.listen(replicas[0]);
      }
      await pass(30 * second);
      await registry.listen(replicas[0]);
      for (const replica of step > 1 ? replicas : []) {
        live.push({ token: await tokenOf(replica), endsMs: clock.read() + 300 * second });
      }
      refused += live.filter(({ token, endsMs }) => endsMs > clock.read() && !registry.accepts(token)).length;
    }
    expect(refused).toBe(0);
    expect(new Set(live.map(({ token }) => kidOf(token))).size).toBeGreaterThan(5);
  }, 120_000);

  it('experiment 36, A9: tokens outlive an outage of identity, a key whose tokens are dead verifies nothing', async () => {
    const registry = new LateRegistry(clock);
    const [first] = replicas;
    await registry.listen(first, 0);
    const token = await tokenOf(first);
    const kid = kidOf(token);
    // Nobody asks identity while this token lives, nor when the key is rotated.
    clock.advance(200 * second);
    expect(registry.accepts(token)).toBe(true);
    await operate('POST', 'signing-keys:rotate');
    clock.advance(7200 * second);
    for (let n = 0; n < 3; n++) await pass(3800 * second);
    await registry.listen(first, 0);
    expect((await keys()).find((key) => key.kid === kid)?.status).toBe('revoked');
    const published = (await first.app.inject({ url: '/.well-known/jwks.json' })).json<{ keys: { kid: string }[] }>();
    expect(published.keys.map((key) => key.kid)).not.toContain(kid);
    clock.advance(-18_800 * second);
    expect(registry.accepts(token)).toBe(false);
    clock.advance(18_800 * second);
    expect(registry.accepts(await tokenOf(first))).toBe(true);
  });

  it('rotates by itself when the key is as old as the setting says, once for all replicas', async () => {
    const before = (await keys()).length;
    await pass(31 * 86_400 * second);
    await pass(second);
    expect((await keys()).length).toBe(before + 1);
    await pass(120 * second);
    expect((await keys()).filter(({ status }) => status === 'active')).toHaveLength(1);
    const db = replicas[0].app.get(Database);
    const entry = await db.query(`select data from outbox where data::text like '%made by age%'`);
    expect(entry).toHaveLength(1);
  });

  it('revokes a key at once: another signs, and nothing that it signed is accepted', async () => {
    const [first] = replicas;
    const token = await tokenOf(first);
    const kid = String(kidOf(token));
    expect((await operate('POST', 'signing-keys:revoke', { kid })).json()).toMatchObject({ kid, status: 'revoked' });
    const registry = new LateRegistry(clock);
    await registry.listen(first, 0);
    expect(registry.accepts(token)).toBe(false);
    expect(registry.accepts(await tokenOf(first))).toBe(true);
    expect((await operate('POST', 'signing-keys:rotate', { to: kid })).statusCode).toBe(409);
    expect((await operate('POST', 'signing-keys:rotate', { to: 'x' })).statusCode).toBe(404);
  });

  it('is for platform operators only, and a refusal is entered', async () => {
    const [first] = replicas;
    await first.app.get(Database).query(`update user_account set operator = false`);
    const answer = await operate('POST', 'signing-keys:rotate');
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'not-operator']);
    expect((await first.entries()).at(-1)).toMatchObject({ event: 'refused', reason: 'not-operator' });
  });
});
