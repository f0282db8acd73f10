import 'reflect-metadata';
import type { KafkaStrategy } from '@berth/messaging';
import { AppError } from '@berth/errors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AccessGuard } from './access-guard.js';
import { ErrorFilter } from './error-filter.js';
import { addHealthRoutes, countAnswers } from './health-routes.js';
import { OutputInterceptor } from './output-interceptor.js';
import { schemaPipe } from './schema-pipe.js';
import { SERVICE_SURFACE, type ServiceSurface } from './service-surface.js';
import { refuseUndeclaredRoutes } from './undeclared-routes.js';
import { closeUnusedConnections } from './unused-connections.js';

const maxJsonBytes = 1024 * 1024;

/** What a service is made of. */
export interface ServiceOptions {
  /** The root module: a class or a dynamic module; it provides a {@link ServiceSurface}. */
  readonly module: object;
  /**
   * What becomes of bodies: `json` reads them whole (1 MiB at most); `stream` leaves every body unread on `request.raw`, of
   * any type and length, for slices that stream.
   */
  readonly bodies: 'json' | 'stream';
  /** Gets the consumers of the root module's controllers, if it has any. */
  readonly strategyOf?: (app: NestFastifyApplication) => KafkaStrategy;
  /** Maps a raw URL to an internal one, before routing. */
  readonly rewriteUrl?: (request: IncomingMessage) => string;
  /** Called with the bare server before routes are ready, e.g. to add a proxy. */
  readonly prepare?: (fastify: FastifyInstance, app: NestFastifyApplication) => Promise<void>;
}

/**
 * Makes a service with Berth's guard, error forms, schemas, health and metrics; initialised, not yet listening. Specs use it
 * with `app.inject`.
 *
 * @throws AppError 'bug' when a route declares no access; what the root module's start throws
 */
export async function createService(options: ServiceOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter(serverOptions(options));
  const app = await NestFactory.create<NestFastifyApplication>(rootModule(options.module), adapter, {
    bodyParser: false,
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    await assemble(app, options);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function assemble(app: NestFastifyApplication, options: ServiceOptions): Promise<void> {
  const surface = app.get<ServiceSurface>(SERVICE_SURFACE, { strict: false });
  refuseUndeclaredRoutes(app);
  app.useGlobalGuards(new AccessGuard(surface));
  app.useGlobalFilters(new ErrorFilter(surface.logger));
  app.useGlobalInterceptors(new OutputInterceptor());
  app.useGlobalPipes(schemaPipe());
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  if (options.bodies === 'stream') streamBodies(fastify);
  addHealthRoutes(fastify, surface);
  countAnswers(fastify, surface);
  closeUnusedConnections(fastify);
  await options.prepare?.(fastify, app);
  if (options.strategyOf !== undefined) {
    // Guards, pipes and filters of HTTP do not belong before the records of Kafka.
    app.connectMicroservice({ strategy: options.strategyOf(app) }, { inheritAppConfig: false });
  }
  await app.init();
  await fastify.ready();
}

function serverOptions({ bodies, rewriteUrl }: ServiceOptions) {
  return {
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: bodies === 'json' ? maxJsonBytes : Number.MAX_SAFE_INTEGER,
    // A body may be gigabytes over a slow line; headers may not take their time.
    requestTimeout: bodies === 'json' ? 30_000 : 0,
    connectionTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle' as const,
    routerOptions: { maxParamLength: 1024 },
    http: { headersTimeout: 20_000 },
    ...(rewriteUrl === undefined ? {} : { rewriteUrl }),
  };
}

function streamBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

/** Nest's own type for a module is any. */
function rootModule(module: object): object {
  if (typeof module === 'function' || 'module' in module) return module;
  throw new AppError({ kind: 'bug', message: 'the root module is a class or a dynamic module' });
}
