import type { FastifyInstance } from 'fastify';
import { refuseOutsiders } from './require-internal.js';
import type { ServiceSurface } from './service-surface.js';

/**
 * `/health/live` (the process answers), `/health/ready` (each part by name; 503 until all are ready) and `/metrics`, on the
 * service's own port. They are plain Fastify routes: they must answer when nothing else does.
 */
export function addHealthRoutes(fastify: FastifyInstance, surface: ServiceSurface): void {
  const { readiness, metrics } = surface;
  // On the origin these addresses are nobody's but ours.
  const preHandler = surface.isOrigin === true ? refuseOutsiders(surface) : [];
  fastify.get('/health/live', { preHandler }, () => ({ status: 'live' }));
  fastify.get('/health/ready', { preHandler }, (_, reply) => {
    const checks = readiness();
    const isReady = checks.every((check) => check.isReady);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not-ready', checks });
  });
  fastify.get('/metrics', { preHandler }, async (_, reply) => {
    const text = await metrics.text();
    return reply.header('content-type', metrics.contentType).send(text);
  });
}

/** Counts what was answered, by route and status; the counters are kept at hand, so that a pull pays an increment. */
export function countAnswers(fastify: FastifyInstance, { metrics }: ServiceSurface): void {
  const answers = metrics.counter({
    name: 'berth_http_answers_total',
    help: 'Requests answered, by route and status.',
    labels: ['method', 'route', 'status'],
  });
  const known = new Map<string, { inc(): void }>();
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    const status = String(reply.statusCode);
    const key = `${method} ${route} ${status}`;
    let counter = known.get(key);
    if (counter === undefined) known.set(key, (counter = answers.labels({ method, route, status })));
    counter.inc();
    done();
  });
}
