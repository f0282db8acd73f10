import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installation, managementAudience, type ManagementClaims } from '@berth/contracts';
import { createService } from '@berth/http';
import { migrate } from '@berth/persistence';
import { createTestDatabase } from '@berth/testing';
import { generateSigningKey, TokenSigner } from '@berth/tokens';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { inject, vi } from 'vitest';
import { readPolicyConfig } from './config.js';
import { emptyIdentity, startIdentityStandIn, type IdentityStandIn } from './identity-stand-in.suite.js';
import { policyService } from './policy-service.js';
import { runtimeOf } from '@berth/foundation';
import { migrations } from './storage/migrations/index.js';

const issuer = 'http://localhost:5000';
const internalKey = 'internal-key-of-a-spec-0123456789abcdef';
const signing = generateSigningKey();
const signer = new TokenSigner(signing);

/** One request to policy as somebody; without a token as nobody. */
export interface Call {
  readonly method?: 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** null = without a token. */
  readonly token?: string | null;
  readonly isInternal?: boolean;
}

/** Policy on a database of its own, with an identity that knows one key and as many tokens as the spec says. */
export interface PolicyUnderTest {
  readonly app: NestFastifyApplication;
  /** A spec sets it: how many tokens identity says a scope map has; null = identity doesn't answer. */
  tokensOfEveryScopeMap: number | null;
  /** A spec fills it: whom identity knows. */
  readonly identity: IdentityStandIn;
  call(call: Call): Promise<{ status: number; json: Record<string, unknown>; headers: Record<string, unknown> }>;
  stop(): Promise<void>;
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

/**
 * Starts policy as its process does, but without listening and without consuming from Kafka.
 *
 * @param settings beside those that a spec needs anyway
 */
export async function startPolicy(settings: Readonly<Record<string, string>> = {}): Promise<PolicyUnderTest> {
  const database = await createTestDatabase();
  const serviceUrl = database.urlFor(`policy_${randomUUID().slice(0, 8)}`);
  await migrate({ ownerUrl: database.url, serviceUrl, schema: 'policy', migrations });
  const folder = await mkdtemp(join(tmpdir(), 'berth-policy-spec-'));
  const keyFile = join(folder, 'internal-key');
  await writeFile(keyFile, internalKey, { mode: 0o600 });
  const identity = emptyIdentity();
  const server = await startIdentityStandIn(identity, internalKey, signing);
  const runtime = runtimeOf(
    'policy',
    readPolicyConfig({
      BERTH_INSTANCE: 'policy-1',
      BERTH_LISTEN: '127.0.0.1:0',
      BERTH_DATA_DIR: folder,
      BERTH_KAFKA_BROKERS: inject('kafkaBrokers'),
      BERTH_INTERNAL_KEY_FILE: keyFile,
      BERTH_LOG_LEVEL: 'silent',
      BERTH_POLICY_DATABASE_URL: serviceUrl,
      BERTH_PUBLIC_URL: issuer,
      BERTH_IDENTITY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ...settings,
    }),
  );
  const app = await createService(policyService(runtime));
  await vi.waitFor(
    async () => {
      const { statusCode, body } = await app.inject('/health/ready');
      if (statusCode !== 200) throw new Error(body);
    },
    { timeout: 20_000, interval: 50 },
  );
  return {
    app,
    identity,
    get tokensOfEveryScopeMap() {
      return identity.tokens;
    },
    set tokensOfEveryScopeMap(tokens) {
      identity.tokens = tokens;
    },
    call: (call) => callApp(app, call),
    stop: async () => {
      await app.close();
      server.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function callApp(
  app: NestFastifyApplication,
  { method = 'GET', path, body, token = tokenOf(), isInternal }: Call,
) {
  const answer = await app.inject({
    method,
    url: path,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(isInternal === true ? { 'berth-internal': internalKey } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const json = (answer.body === '' ? {} : answer.json()) as Record<string, unknown>;
  return { status: answer.statusCode, json, headers: answer.headers };
}
