import { createService } from '@berth/http';
import { createLogger } from '@berth/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { addProxy } from './proxy.js';

/** A gateway that listens on a port of its own. */
export interface SpecGateway {
  readonly app: NestFastifyApplication;
  readonly origin: string;
}

export const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** A service behind the gateway. */
export async function listen(answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export function close(server: Server): void {
  server.closeAllConnections();
  server.close();
}

/**
 * @param services where each service is, unless `settings` say otherwise
 * @param settings what differs from the settings of every spec
 */
export async function startGateway(services: readonly string[], settings: Partial<Config> = {}): Promise<SpecGateway> {
  const config: Config = {
    BERTH_INSTANCE: 'gateway-1',
    BERTH_LISTEN: { host: '127.0.0.1', port: 0 },
    BERTH_INTERNAL_KEY_FILE: '',
    BERTH_IDENTITY_URL: [...services],
    BERTH_POLICY_URL: [...services],
    BERTH_REGISTRY_URL: [...services],
    BERTH_AUDIT_URL: [...services],
    BERTH_LOG_LEVEL: 'silent',
    BERTH_TRUSTED_PROXIES: [],
    internalKeys: ['the-internal-key'],
    ...settings,
  };
  const logger = createLogger({ service: 'gateway', instance: 'gateway-1', level: 'silent' });
  const app = await createService({ module: AppModule.with(config, logger), bodies: 'stream', prepare: addProxy });
  await app.listen(0, '127.0.0.1');
  // A server of Nest's Fastify is Node's own.
  return { app, origin: urlOf(app.getHttpServer() as Server) };
}
