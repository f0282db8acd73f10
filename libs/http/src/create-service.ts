import 'reflect-metadata';
import type { KafkaStrategy } from '@berth/messaging';
import { AppError } from '@berth/errors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AccessGuard } from './access-guard.js';
import { answerError, ErrorFilter, requestIdHeader } from './error-filter.js';
import { addHealthRoutes, countAnswers } from './health-routes.js';
import { maxJsonBytes, readJson, readJsonOf } from './json-body.js';
import { NestLog } from './nest-log.js';
import { addApiDescription } from './openapi/add-api-description.js';
import { schemaPipe } from './schema-pipe.js';
import { SERVICE_SURFACE, type ServiceSurface } from './service-surface.js';
import { refuseUndeclaredRoutes } from './undeclared-routes.js';
import { closeUnusedConnections } from './unused-connections.js';
import { throwAwayRest } from './unwanted-body.js';

/** What a service is made of. */
export interface ServiceOptions {
  /** The root module: a class or a dynamic module; it provides a {@link ServiceSurface}. */
  readonly module: object;
  /**
   * What becomes of bodies: `json` reads them whole (512 KiB at most); `stream` leaves every body unread on `request.raw`, of
   * any type and length, for slices that stream, but for those of the management API.
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
  const late: LateSurface = { surface: null };
  const adapter = new FastifyAdapter(serverOptions(options, late));
  const app = await NestFactory.create<NestFastifyApplication>(rootModule(options.module), adapter, {
    bodyParser: false,
    // Until its own log is known: what goes wrong so far is thrown.
    logger: false,
    abortOnError: false,
  });
  try {
    late.surface = app.get<ServiceSurface>(SERVICE_SURFACE, { strict: false });
    await assemble(app, options, late.surface);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function assemble(app: NestFastifyApplication, options: ServiceOptions, surface: ServiceSurface): Promise<void> {
  app.useLogger(new NestLog(surface.logger));
  refuseUndeclaredRoutes(app);
  app.useGlobalGuards(new AccessGuard(surface));
  app.useGlobalFilters(new ErrorFilter(surface.logger));
  app.useGlobalPipes(schemaPipe());
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  if (options.bodies === 'stream') streamBodies(fastify);
  else readJson(fastify);
  nameRequests(fastify);
  addHealthRoutes(fastify, surface);
  addApiDescription(fastify, app, surface);
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

/** The server exists before the module that provides the surface; it takes no requests yet. */
interface LateSurface {
  surface: ServiceSurface | null;
}

function serverOptions({ bodies, rewriteUrl }: ServiceOptions, late: LateSurface) {
  return {
    logger: false,
    // An address that can't be decoded gets to no route and no hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      if (late.surface !== null) answerError(error, { request, reply, logger: late.surface.logger });
    },
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

function nameRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header(requestIdHeader, request.id);
    done();
  });
}

function streamBodies(fastify: FastifyInstance): void {
  readJsonOf(fastify, (url) => url.startsWith('/api/'));
  fastify.addHook('onResponse', (request, _reply, done) => {
    throwAwayRest(request.raw);
    done();
  });
}

/** Nest's own type for a module is any. */
function rootModule(module: object): object {
  if (typeof module === 'function' || 'module' in module) return module;
  throw new AppError({ kind: 'bug', message: 'the root module is a class or a dynamic module' });
}
