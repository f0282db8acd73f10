import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlatform, type Platform, type PlatformOptions } from '@berth/embedded';
import type { Login } from './docker-client.js';
import { ManagementClient } from './management-client.js';

/** A whole Berth in processes of its own, on free ports and in a folder of its own; gone when stopped. */
export interface TestPlatform {
  readonly platform: Platform;
  readonly dataDir: string;
  /** `http://localhost:<port>`, where people and SDKs come in. */
  readonly origin: string;
  /** `localhost:<port>`, the login server of registry `local`. */
  readonly loginServer: string;
  readonly admin: Login;
  readonly management: ManagementClient;
  stop(): Promise<void>;
}

/** Starts Postgres, Kafka and every service with durable settings, as `npm start` does. */
export async function startTestPlatform(options: Partial<PlatformOptions> = {}): Promise<TestPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-platform-'));
  const { port = await freePort(), ...others } = options;
  const platform = await startPlatform({ dataDir, port, ...others });
  const password = (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim();
  const admin = { username: 'admin', password };
  const origin = `http://localhost:${port}`;
  const loginServer = `localhost:${port}`;
  return {
    platform,
    dataDir,
    origin,
    loginServer,
    admin,
    management: new ManagementClient(origin, admin),
    stop: async () => {
      await platform.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
