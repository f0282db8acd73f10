import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  definitionChanged,
  definitionKey,
  installation,
  managementAudience,
  signingKeyChanged,
  type Definition,
  type EntryDraft,
  type ManagementClaims,
} from '@berth/contracts';
import { createService, internalHeader } from '@berth/http';
import { Database, migrate } from '@berth/persistence';
import { createTestDatabase } from '@berth/testing';
import { generateSigningKey, TokenSigner } from '@berth/tokens';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { inject, vi } from 'vitest';
import { auditService } from './audit-service.js';
import { readAuditConfig } from './config.js';
import { runtimeOf } from '@berth/foundation';
import { migrations } from './storage/migrations/index.js';

const issuer = 'http://localhost:5000';
const internalKey = 'internal-key-of-a-spec-0123456789abcdef';
const signing = generateSigningKey();
const signer = new TokenSigner(signing);
const changedAt = '2026-01-01T00:00:00.000Z';

/** A migrated schema of its own, and connections to it. */
export async function openAuditSchema() {
  const database = await createTestDatabase();
  const url = database.urlFor(`audit_${randomUUID().slice(0, 8)}`);
  await migrate({ ownerUrl: database.url, serviceUrl: url, schema: 'audit', migrations });
  const db = Database.open({ url, applicationName: 'audit-spec', schema: 'audit', poolSize: 20 });
  return {
    url,
    db,
    drop: async () => {
      await db.close();
      await database.drop();
    },
  };
}

/** An entry as registry writes it for a pull; what a spec is about is given. */
export function entryOf(facts: Partial<EntryDraft> = {}): EntryDraft {
  return {
    at: '2026-01-02T03:04:05.678Z',
    account: installation.accountId,
    event: 'pull',
    actor: { id: 'token:0198', name: 'mytoken', slot: 1 },
    action: 'content/read',
    target: { registryId: installation.registryId, repository: 'samples/hello-world', tag: 'v1', bytes: 100 },
    outcome: 'allowed',
    source: { address: '127.0.0.1', userAgent: 'docker' },
    service: 'registry',
    instance: 'registry-1',
    ...facts,
  };
}

/** A management token as identity signs it; for the installation's admin when nothing else is said. */
export function tokenOf(claims: Partial<ManagementClaims> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  return signer.sign('management', {
    iss: issuer,
    sub: `user:${installation.adminUserId}`,
    name: 'admin',
    acct: installation.accountId,
    iat: now,
    nbf: now,
    exp: now + 60,
    jti: randomUUID(),
    ver: {},
    aud: managementAudience,
    groups: [],
    operator: false,
    ...claims,
  });
}

/** Audit on a schema of its own, following a policy and an identity that know what an installation starts with. */
export interface AuditUnderTest {
  readonly app: NestFastifyApplication;
  get(path: string, token?: string | null): Promise<{ status: number; json: Record<string, unknown> }>;
  /** A POST of another service, by default one that belongs to this installation. */
  post(path: string, body: object, key?: string): Promise<{ status: number; json: unknown }>;
  stop(): Promise<void>;
}

/** Starts audit as its process does, but without listening and without consuming from Kafka. */
export async function startAudit(): Promise<AuditUnderTest> {
  const schema = await openAuditSchema();
  const folder = await mkdtemp(join(tmpdir(), 'berth-audit-spec-'));
  const keyFile = join(folder, 'internal-key');
  await writeFile(keyFile, internalKey, { mode: 0o600 });
  const [identity, policy] = await Promise.all([ownerOf(identityStates()), ownerOf(policyStates())]);
  const config = readAuditConfig({
    BERTH_INSTANCE: 'audit-1',
    BERTH_LISTEN: '127.0.0.1:0',
    BERTH_DATA_DIR: folder,
    BERTH_KAFKA_BROKERS: inject('kafkaBrokers'),
    BERTH_INTERNAL_KEY_FILE: keyFile,
    BERTH_LOG_LEVEL: 'silent',
    BERTH_AUDIT_DATABASE_URL: schema.url,
    BERTH_PUBLIC_URL: issuer,
    BERTH_IDENTITY_URL: identity.url,
    BERTH_POLICY_URL: policy.url,
  });
  const app = await createService(auditService(runtimeOf('audit', config)));
  await vi.waitFor(
    async () => {
      const { statusCode, body } = await app.inject('/health/ready');
      if (statusCode !== 200) throw new Error(body);
    },
    { timeout: 20_000, interval: 50 },
  );
  return {
    app,
    get: async (path, token = tokenOf()) => {
      const headers = token === null ? {} : { authorization: `Bearer ${token}` };
      const { statusCode, body } = await app.inject({ url: path, headers });
      return { status: statusCode, json: JSON.parse(body) as Record<string, unknown> };
    },
    post: async (path, body, key = internalKey) => {
      const headers = { [internalHeader]: key };
      const { statusCode, body: text } = await app.inject({ method: 'POST', url: path, headers, payload: body });
      return { status: statusCode, json: JSON.parse(text) as unknown };
    },
    stop: async () => {
      await app.close();
      identity.close();
      policy.close();
      await schema.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What identity has published: one active key. */
function identityStates() {
  const { kid, publicJwk } = signing;
  const data = { kid, alg: 'ES256', publicJwk, status: 'active', version: 1, changedAt };
  return [{ topic: signingKeyChanged.name, key: kid, change: 1, data }];
}

/** What policy has published: the account with its registry and its owner. */
function policyStates() {
  const common = { account: installation.accountId, version: 1, status: 'active', changedAt } as const;
  const definitions: Definition[] = [
    { kind: 'account', id: installation.accountId, ...common, name: 'default' },
    {
      kind: 'registry',
      id: installation.registryId,
      ...common,
      name: installation.registryName,
      region: null,
      resourceGroup: null,
      plan: 'standard',
    },
    {
      kind: 'role-assignment',
      id: installation.ownerAssignmentId,
      ...common,
      principal: `user:${installation.adminUserId}`,
      role: 'Owner',
      scope: { kind: 'account' },
    },
  ];
  return definitions.map((data, at) => ({
    topic: definitionChanged.name,
    key: definitionKey(data),
    change: at + 1,
    data,
  }));
}

/** Another service, as far as it answers `/internal/changes`. */
async function ownerOf(changes: readonly unknown[]) {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ changes, upTo: changes.length, more: false }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
