import { errorMessage } from '@berth/errors';
import type { Logger } from '@berth/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { createService, type ServiceOptions } from './create-service.js';

/** What {@link startService} takes beyond {@link ServiceOptions}. */
export interface StartOptions extends ServiceOptions {
  readonly service: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logger: Logger;
}

/** How long a stop waits for transfers under way. Their clients try again elsewhere; what must be kept comes after them. */
const transfersEndWithinMs = 5_000;
/** The last resort, within the time that container runtimes give. */
const stopWithinMs = 10_000;

/**
 * Starts a service in this process: listens, consumes, and stops in order on SIGTERM or SIGINT, with exit 0. What can't be
 * started is said in one sentence on standard error, with exit 1.
 */
export async function startService(options: StartOptions): Promise<void> {
  const { service, listen, logger } = options;
  process.on('unhandledRejection', (error) => {
    logger.error({ err: error }, 'an error that nobody waited for; the process ends');
    process.exit(1);
  });
  try {
    const app = await createService(options);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(app, logger));
    if (options.strategyOf !== undefined) await app.startAllMicroservices();
    await app.listen(listen.port, listen.host);
    logger.info({ host: listen.host, port: listen.port }, `${service} listens`);
  } catch (error) {
    logger.error({ err: error }, `${service} could not start`);
    process.stderr.write(`${service} could not start: ${reasonOf(error, listen)}\n`);
    process.exit(1);
  }
}

async function stop(app: NestFastifyApplication, logger: Logger): Promise<void> {
  const cutting = setTimeout(() => {
    logger.warn('some requests did not end in time; their connections are closed');
    const server: Server = app.getHttpServer();
    server.closeAllConnections();
  }, transfersEndWithinMs);
  const overdue = setTimeout(() => {
    logger.error('the stop did not end in time; the process ends without it');
    process.exit(0);
  }, stopWithinMs);
  for (const timer of [cutting, overdue]) timer.unref();
  try {
    await app.close();
  } catch (error) {
    logger.error({ err: error }, 'the stop was not clean');
  }
  clearTimeout(cutting);
  clearTimeout(overdue);
  process.exit(0);
}

function reasonOf(error: unknown, { host, port }: StartOptions['listen']): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `${host}:${port} is in use by another program; stop it or choose another port.`;
  return errorMessage(error);
}
