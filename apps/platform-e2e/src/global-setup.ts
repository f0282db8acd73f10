import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, oidcClient, startTestPlatform, TestProvider } from '@berth/testing';
import type { TestProject } from 'vitest/node';

const toStop: (() => Promise<void>)[] = [];

/** Starts the platform that the flows share, and the identity provider of its people; vitest calls it once. */
export async function setup(project: TestProject): Promise<void> {
  const port = await freePort();
  const provider = await TestProvider.start(`http://localhost:${port}/auth/callback`);
  toStop.push(() => provider.stop());
  const secrets = await mkdtemp(join(tmpdir(), 'berth-secrets-'));
  toStop.push(() => rm(secrets, { recursive: true, force: true }));
  const secretFile = join(secrets, 'oidc-client');
  await writeFile(secretFile, oidcClient.secret, { mode: 0o600 });
  const berth = await startTestPlatform({
    port,
    env: {
      BERTH_EGRESS_ALLOW: '127.0.0.0/8',
      // What is deleted makes room soon.
      BERTH_GC_INTERVAL: '2',
      BERTH_OIDC_ISSUER: provider.url,
      BERTH_OIDC_CLIENT_ID: oidcClient.id,
      BERTH_OIDC_CLIENT_SECRET_FILE: secretFile,
      BERTH_OIDC_GROUPS_CLAIM: 'groups',
    },
  });
  toStop.push(() => berth.stop());
  const { origin, loginServer, admin } = berth;
  project.provide('sharedPlatform', { origin, loginServer, admin, providerUrl: provider.url });
}

/** Ends them and removes their data; vitest calls it once, also after failures. */
export async function teardown(): Promise<void> {
  for (const stop of toStop.reverse()) await stop();
}
