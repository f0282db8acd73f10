import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlatform, type Platform, type PlatformOptions } from '@berth/embedded';
import { basic, type Login } from './docker-client.js';
import { ManagementClient } from './management-client.js';
import { waitFor } from './wait-for.js';

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
  const port = await freePort();
  const platform = await startPlatform({ dataDir, port, ...options });
  const password = (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim();
  const admin = { username: 'admin', password };
  const origin = `http://localhost:${port}`;
  const loginServer = `localhost:${port}`;
  await untilLoggedIn(`${origin}/oauth2/token?service=${loginServer}`, admin);
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

/** The first definitions may come in two parts: until the second is there, a log-in is answered 503 and is to be tried again. */
async function untilLoggedIn(url: string, login: Login): Promise<void> {
  await waitFor('the first log-in', { withinMs: 10_000, everyMs: 50 }, async () => {
    const answer = await fetch(url, { headers: { authorization: basic(login) } });
    await answer.body?.cancel();
    return answer.status === 503 ? null : true;
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
