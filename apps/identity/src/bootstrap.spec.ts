import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installation, minimumRaised, signingKeyChanged, type ChangesPage } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdentityReplica, loginServer, migrateIdentity, StoppedClock } from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';

describe('the first boot of an installation', () => {
  let database: TestDatabase;
  let databaseUrl: string;
  let policy: PolicyStandIn;
  let replicas: IdentityReplica[] = [];
  const clock = new StoppedClock();

  beforeEach(async () => {
    database = await createTestDatabase();
    databaseUrl = await migrateIdentity(database);
    policy = await PolicyStandIn.start();
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    replicas = [];
    await policy.stop();
    await database.drop();
  });

  async function boot(instance: string, password: Record<string, string>): Promise<IdentityReplica> {
    const environment = { BERTH_INSTANCE: instance, BERTH_ADMIN_PASSWORD: '', ...password };
    const replica = await IdentityReplica.start({ databaseUrl, policy, clock, environment });
    replicas.push(replica);
    return replica;
  }

  const passwordFile = ({ dataDir }: IdentityReplica) => join(dataDir, 'admin-password');
  const generated = {};

  it('B24 generates a password into a file for its owner alone, which opens admin', async () => {
    const identity = await boot('identity-1', generated);
    const path = passwordFile(identity);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const password = (await readFile(path, 'utf8')).trim();
    expect(password.length).toBeGreaterThanOrEqual(24);
    const answer = await identity.askForToken([['service', loginServer]], `admin:${password}`);
    expect(answer.statusCode).toBe(200);
  });

  it('lets one insert decide among replicas, and only its password counts', async () => {
    const booted = await Promise.all([1, 2, 3].map((n) => boot(`identity-${n}`, generated)));
    const written = await Promise.all(
      booted.map((replica) => readFile(passwordFile(replica), 'utf8').catch(() => null)),
    );
    const passwords = written.filter((password) => password !== null);
    expect(passwords).toHaveLength(1);
    for (const replica of booted) {
      const answer = await replica.askForToken([['service', loginServer]], `admin:${passwords[0]?.trim()}`);
      expect(answer.statusCode).toBe(200);
    }
  });

  it('makes one signing key for all replicas, and publishes it', async () => {
    const [one, two] = await Promise.all([boot('identity-1', generated), boot('identity-2', generated)]);
    const keys = await one.app.inject('/.well-known/jwks.json');
    expect(keys.json<{ keys: unknown[] }>().keys).toHaveLength(1);
    expect((await two.app.inject('/.well-known/jwks.json')).json()).toEqual(keys.json());
    expect(keys.headers['content-type']).toContain('application/jwk-set+json');
    expect(keys.body).not.toContain('"d"');
    const { changes } = (await one.internal('/internal/changes?after=0')).json<ChangesPage>();
    expect(changes.map(({ topic }) => topic)).toEqual([signingKeyChanged.name]);
    expect(signingKeyChanged.schema.parse(changes[0]?.data).status).toBe('active');
  });

  it('keeps the private half only sealed, and refuses another master key with a sentence that helps', async () => {
    const identity = await boot('identity-1', generated);
    const [row] = await identity.app
      .get(Database)
      .query<{ sealed: Buffer }>(`select private_key_sealed as sealed from signing_key`);
    expect(row?.sealed.includes(Buffer.from('2a8648ce3d0201', 'hex'))).toBe(false);
    const otherKey = join(identity.dataDir, 'another-master-key');
    await writeFile(otherKey, '0'.repeat(64), { mode: 0o600 });
    const other = { BERTH_INSTANCE: 'identity-2', BERTH_MASTER_KEY_FILE: otherKey };
    const starting = IdentityReplica.start({ databaseUrl, policy, clock, environment: other });
    await expect(starting).rejects.toThrow('BERTH_MASTER_KEY_FILE');
  });

  it('does nothing more at the next boot, and does not even read the configured password', async () => {
    const first = await boot('identity-1', { BERTH_ADMIN_PASSWORD: 'a password that was set' });
    await expect(access(passwordFile(first))).rejects.toThrow('ENOENT');
    const second = await boot('identity-2', { BERTH_ADMIN_PASSWORD_FILE: '/there/is/no/such/file' });
    const answer = await second.askForToken([['service', loginServer]], 'admin:a password that was set');
    expect(answer.statusCode).toBe(200);
    const users = await second.app
      .get(Database)
      .query<{ id: string; operator: boolean }>(`select id, operator from user_account`);
    expect(users).toEqual([{ id: installation.adminUserId, operator: true }]);
  });

  it('refuses a configured password of 11 characters', async () => {
    await expect(boot('identity-1', { BERTH_ADMIN_PASSWORD: 'elevenchars' })).rejects.toThrow('at least 12 characters');
  });

  it('publishes no minimum', async () => {
    const identity = await boot('identity-1', generated);
    const { changes } = (await identity.internal('/internal/changes?after=0')).json<ChangesPage>();
    expect(changes.filter(({ topic }) => topic === minimumRaised.name)).toEqual([]);
  });
});
