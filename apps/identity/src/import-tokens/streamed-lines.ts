import type { FastifyInstance, FastifyRequest } from 'fastify';
import { setTimeout as timer } from 'node:timers';
import { ndjson } from './import-tokens.controller.js';

/** How long any other body may take, as the server itself would bound it. */
const otherBodiesMs = 30_000;

/** How long nothing may move on a connection that has a request. */
const stalledMs = 120_000;

/**
 * Lets an import stream for as long as it goes on. The server's own limit is one for all requests, so it is taken away and
 * every other body gets it back; a request without a body pays nothing for that. A connection on which nothing moves is
 * cut, which leaves whole batches of an import.
 */
export function streamLines(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(ndjson, (_request, payload, done) => done(null, payload));
  fastify.server.requestTimeout = 0;
  fastify.server.timeout = stalledMs;
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (hasBody(request) && request.headers['content-type']?.startsWith(ndjson) !== true) boundBody(request);
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function boundBody({ raw }: FastifyRequest): void {
  const limit = timer(() => raw.destroy(), otherBodiesMs);
  raw.once('end', () => clearTimeout(limit));
  raw.once('close', () => clearTimeout(limit));
}
