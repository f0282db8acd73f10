import { describe, expect, it } from 'vitest';
import { migrationEnvironment, serviceEnvironment, type PlatformFacts } from './service-environment.js';
import type { Instance, ServiceName } from './services.js';

const instance = (service: ServiceName, number: number, port: number): Instance => ({
  service,
  name: `${service}-${number}`,
  host: '127.0.0.1',
  port,
});

const facts: PlatformFacts = {
  dataDir: '/data',
  port: 5000,
  databaseUrl: 'postgres://berth:owner@127.0.0.1:5432/berth?sslmode=disable',
  kafkaBrokers: '127.0.0.1:9092',
  secrets: {
    internalKeyFile: '/data/internal-key',
    masterKeyFile: '/data/master-key',
    databasePasswords: { identity: 'i', policy: 'p', registry: 'r', audit: 'a' },
  },
  instances: [
    instance('gateway', 1, 5000),
    instance('registry', 1, 21001),
    instance('registry', 2, 21002),
    instance('identity', 1, 21003),
    instance('policy', 1, 21004),
    instance('audit', 1, 21005),
  ],
  inherited: { PATH: '/bin' },
  given: {},
};

const environmentOf = (service: ServiceName, given: Record<string, string> = {}) =>
  serviceEnvironment({ ...facts, given }, instance(service, 1, 21001));

describe('serviceEnvironment', () => {
  it('tells a process who it is, where it listens, and where everything else is', () => {
    expect(environmentOf('registry')).toEqual({
      PATH: '/bin',
      KAFKAJS_NO_PARTITIONER_WARNING: '1',
      BERTH_INSTANCE: 'registry-1',
      BERTH_LISTEN: '127.0.0.1:21001',
      BERTH_DATA_DIR: '/data',
      BERTH_REGISTRY_DATABASE_URL: 'postgres://berth_registry:r@127.0.0.1:5432/berth?sslmode=disable',
      BERTH_KAFKA_BROKERS: '127.0.0.1:9092',
      BERTH_INTERNAL_KEY_FILE: '/data/internal-key',
      BERTH_PUBLIC_URL: 'http://localhost:5000',
      BERTH_TOKEN_REALM: 'http://localhost:5000/oauth2/token',
      BERTH_LOGIN_SERVERS: 'local=localhost:5000',
      BERTH_DEFAULT_REGISTRY: 'local',
      BERTH_REGISTRY_URL: 'http://127.0.0.1:21001,http://127.0.0.1:21002',
      BERTH_IDENTITY_URL: 'http://127.0.0.1:21003',
      BERTH_POLICY_URL: 'http://127.0.0.1:21004',
      BERTH_AUDIT_URL: 'http://127.0.0.1:21005',
    });
  });

  it("gives the admin's password and the master key to identity alone, and the owner's login to no service", () => {
    const given = {
      BERTH_ADMIN_PASSWORD: 'correct horse battery',
      BERTH_ADMIN_PASSWORD_FILE: '/secrets/admin',
      BERTH_DATABASE_URL: 'postgres://owner:x@db/berth',
      BERTH_POLICY_DATABASE_URL: 'postgres://own-policy:x@db/berth',
    };
    for (const service of ['gateway', 'registry', 'policy', 'audit'] as const) {
      expect(Object.keys(environmentOf(service, given)).join(' ')).not.toMatch(/ADMIN|MASTER|BERTH_DATABASE_URL/);
    }
    expect(environmentOf('identity', given)).toMatchObject({
      BERTH_ADMIN_PASSWORD: 'correct horse battery',
      BERTH_ADMIN_PASSWORD_FILE: '/secrets/admin',
      BERTH_MASTER_KEY_FILE: '/data/master-key',
    });
    expect(environmentOf('identity', given)).not.toHaveProperty('BERTH_DATABASE_URL');
    expect(environmentOf('registry', given)).not.toHaveProperty('BERTH_POLICY_DATABASE_URL');
    expect(environmentOf('policy', given)['BERTH_POLICY_DATABASE_URL']).toBe('postgres://own-policy:x@db/berth');
    expect(environmentOf('gateway')).not.toHaveProperty('BERTH_REGISTRY_DATABASE_URL');
  });

  it('lets what was given win, but never over who a process is', () => {
    const given = {
      BERTH_PUBLIC_URL: 'https://registry.example.com',
      BERTH_LOGIN_SERVERS: 'local=registry.example.com',
      BERTH_LOG_LEVEL: 'debug',
      BERTH_INSTANCE: 'someone',
      BERTH_LISTEN: '0.0.0.0:1',
    };
    expect(environmentOf('identity', given)).toMatchObject({
      BERTH_PUBLIC_URL: 'https://registry.example.com',
      BERTH_TOKEN_REALM: 'https://registry.example.com/oauth2/token',
      BERTH_LOGIN_SERVERS: 'local=registry.example.com',
      BERTH_LOG_LEVEL: 'debug',
      BERTH_INSTANCE: 'identity-1',
      BERTH_LISTEN: '127.0.0.1:21001',
    });
  });
});

describe('migrationEnvironment', () => {
  it("has the owner's login and the one that is to be made, and no other secret", () => {
    expect(migrationEnvironment(facts, 'audit')).toEqual({
      PATH: '/bin',
      BERTH_DATABASE_URL: facts.databaseUrl,
      BERTH_AUDIT_DATABASE_URL: 'postgres://berth_audit:a@127.0.0.1:5432/berth?sslmode=disable',
    });
  });
});
