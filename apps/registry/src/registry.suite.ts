import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginServers } from '@berth/config';
import {
  definitionChanged,
  installation,
  minimumRaised,
  signingKeyChanged,
  type Definition,
  type EntryDraft,
} from '@berth/contracts';
import { IdentityFollowing, PolicyFollowing } from '@berth/definitions';
import { runtimeOf } from '@berth/foundation';
import { createService } from '@berth/http';
import { Database, migrate } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import type { RegistryConfig } from './config.js';
import { registryService } from './registry-service.js';
import { migrations } from './storage/migrations/index.js';
import { s3Environment } from './s3-settings.js';
import { issuer, loginServer, realm, TestIdentity } from './test-tokens.suite.js';

/** Longer than a copy waits for a Kafka that gives no answer. */
const kafkaPatienceMs = 11_000;

const common = {
  account: installation.accountId,
  version: 1,
  status: 'active',
  changedAt: '2026-01-01T00:00:00.000Z',
} as const;

/** What policy would have published. */
export const definitions: readonly Definition[] = [
  { kind: 'account', ...common, id: installation.accountId, name: installation.accountName },
  {
    ...{ kind: 'registry', ...common, id: installation.registryId, name: installation.registryName },
    ...{ region: null, resourceGroup: null, plan: 'standard' },
  },
];

/** What the replicas of one registry share. */
export interface TestPlace {
  readonly identity: TestIdentity;
  readonly dataDir: string;
  readonly serviceUrl: string;
  remove(): Promise<void>;
}

/** A migrated database and a folder. */
export async function newPlace(): Promise<TestPlace> {
  const database: TestDatabase = await createTestDatabase();
  const serviceUrl = database.urlFor(`registry_${randomUUID().slice(0, 8)}`);
  await migrate({ ownerUrl: database.url, serviceUrl, schema: 'registry', migrations });
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-registry-'));
  writeFileSync(join(dataDir, 'internal-key'), randomUUID() + randomUUID(), { mode: 0o600 });
  const remove = async (): Promise<void> => {
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { identity: new TestIdentity(), dataDir, serviceUrl, remove };
}

/** How a registry is started. */
export interface StartOptions {
  readonly instance?: string;
  /** With Kafka it isn't seeded: what it knows comes from there. Without, nothing listens at its brokers. */
  readonly kafkaBrokers?: readonly string[];
  /** Settings that differ from those of every spec. */
  readonly settings?: Partial<RegistryConfig>;
}

/** Options of a request; the token opens `access`, unless another or none (null) is given. */
export interface Asking extends RequestInit {
  readonly access?: Readonly<Record<string, readonly string[]>>;
  readonly token?: string | null;
}

/** A registry in this process, on a real Postgres, listening; policy and identity are away. */
export class TestRegistry {
  private constructor(
    readonly place: TestPlace,
    readonly app: NestFastifyApplication,
    readonly url: string,
    private readonly instance: string,
    private readonly skew: { ms: number },
  ) {}

  static async start(place: TestPlace, options: StartOptions = {}): Promise<TestRegistry> {
    const { instance = 'registry-1', kafkaBrokers } = options;
    const skew = { ms: 0 };
    const config = testConfig(place, options);
    const service = registryService(runtimeOf('registry', config, () => Date.now() + skew.ms));
    const app = await createService(service);
    if (kafkaBrokers !== undefined) await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const registry = new TestRegistry(place, app, await app.getUrl(), instance, skew);
    if (kafkaBrokers === undefined) {
      await registry.seed();
      skew.ms = kafkaPatienceMs;
    }
    return registry;
  }

  /** Lets time pass for this registry; tokens keep the time at which they are made. */
  advance(ms: number): void {
    this.skew.ms += ms;
  }

  get keysAndMinima(): IdentityFollowing {
    return this.app.get(IdentityFollowing, { strict: false });
  }

  /** Takes away every token that names a lower version of the subject, as identity would. */
  async raiseMinimum(subject: string, version: number): Promise<void> {
    const data = { subject, account: installation.accountId, version, raisedAt: new Date().toISOString() };
    await this.keysAndMinima.copy.apply([{ topic: minimumRaised.name, key: subject, change: 1, data }]);
  }

  /** Takes in a definition, as if policy had published it. */
  async define(data: Definition): Promise<void> {
    const record = { topic: definitionChanged.name, key: definitionChanged.keyOf(data), change: null, data };
    await this.app.get(PolicyFollowing, { strict: false }).copy.apply([record]);
  }

  get db(): Database {
    return this.app.get(Database, { strict: false });
  }

  async ask(method: string, path: string, { access = {}, token, ...init }: Asking = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const bearer = token === undefined ? this.place.identity.token(access) : token;
    if (bearer !== null) headers.set('authorization', `Bearer ${bearer}`);
    return fetch(`${this.url}${path}`, { ...init, method, headers, redirect: 'manual' });
  }

  /** The entries that stand in the files of this boot's spool now, in order. */
  spooled(): EntryDraft[] {
    const folder = join(this.place.dataDir, 'spool', `registry.${this.instance}`);
    const segments = readdirSync(folder).filter((name) => name.endsWith('.seg'));
    return segments.sort().flatMap((name) => entriesOf(readFileSync(join(folder, name))));
  }

  /** The entries in the outbox, in order. */
  async recorded(): Promise<EntryDraft[]> {
    const rows = await this.db.query<{ data: EntryDraft }>(`select data from outbox order by id`);
    return rows.map(({ data }) => data);
  }

  async stop(): Promise<void> {
    await this.app.close();
  }

  private async seed(): Promise<void> {
    const key = this.place.identity.record;
    await this.keysAndMinima.copy.apply([{ topic: signingKeyChanged.name, key: key.kid, change: null, data: key }]);
    const records = definitions.map((data) => ({
      ...{ topic: definitionChanged.name, key: definitionChanged.keyOf(data), change: null, data },
    }));
    await this.app.get(PolicyFollowing, { strict: false }).copy.apply(records);
  }
}

const noS3 = z.object(s3Environment).parse({});

function testConfig({ dataDir, serviceUrl }: TestPlace, options: StartOptions): RegistryConfig {
  const { instance = 'registry-1', kafkaBrokers = ['127.0.0.1:9'], settings } = options;
  return {
    BERTH_INSTANCE: instance,
    BERTH_LISTEN: { host: '127.0.0.1', port: 0 },
    BERTH_DATA_DIR: dataDir,
    BERTH_KAFKA_BROKERS: [...kafkaBrokers],
    BERTH_INTERNAL_KEY_FILE: join(dataDir, 'internal-key'),
    BERTH_LOG_LEVEL: 'silent',
    BERTH_TRUSTED_PROXIES: [],
    BERTH_REGISTRY_DATABASE_URL: serviceUrl,
    BERTH_PUBLIC_URL: issuer,
    BERTH_TOKEN_REALM: realm,
    BERTH_LOGIN_SERVERS: loginServers.parse(`local=${loginServer}`),
    BERTH_DEFAULT_REGISTRY: 'local',
    BERTH_MAX_STALE_METADATA: 300,
    BERTH_METADATA_MEMORY: 16,
    BERTH_BLOB_MEMORY: 64,
    ...noS3,
    BERTH_SPARSE_MANIFESTS: 'off',
    BERTH_DELETES: 'on',
    BERTH_GC_REVIEW_DELAY: 86_400,
    BERTH_GC_INTERVAL: 0,
    BERTH_DELETION_INTERVAL: 0,
    BERTH_SCRUB_RATE: 0,
    BERTH_LIMIT_BAD_TOKENS_PER_SOURCE: 0,
    BERTH_ENFORCEMENT_MANDATORY_FROM: Date.parse('2022-07-05T00:00:00Z'),
    BERTH_UPLOAD_MAX_IDLE: 86_400,
    BERTH_MAX_OPEN_UPLOADS: 2_000,
    BERTH_FAIL_POINT: null,
    BERTH_FAIL_POINTS_ALLOWED: 'no',
    BERTH_IDENTITY_URL: ['http://127.0.0.1:9'],
    BERTH_POLICY_URL: ['http://127.0.0.1:9'],
    BERTH_REGISTRY_URL: ['http://127.0.0.1:9'],
    ...settings,
  };
}

/** Frames are a length, a checksum and JSON; see libs/messaging. */
function entriesOf(segment: Buffer): EntryDraft[] {
  const entries: EntryDraft[] = [];
  for (let at = 0; at < segment.length; at += 8 + segment.readUInt32BE(at)) {
    const body = segment.subarray(at + 8, at + 8 + segment.readUInt32BE(at)).toString();
    const frame = JSON.parse(body) as { kind: string; entry?: EntryDraft };
    if (frame.entry !== undefined) entries.push(frame.entry);
  }
  return entries;
}
