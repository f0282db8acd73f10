import replyFrom from '@fastify/reply-from';
import type { FastifyInstance } from 'fastify';

/** A finished upload of gigabytes is synced to disk before it is answered. */
const longestAnswerMs = 600_000;

/** Adds the proxy to a server: bodies stream through it unread, in both directions. */
export async function addProxy(fastify: FastifyInstance): Promise<void> {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  await fastify.register(replyFrom, {
    // As many connections as there are requests: with a bound, readers that stall would keep all others waiting.
    undici: { connections: null, pipelining: 1, headersTimeout: longestAnswerMs, bodyTimeout: longestAnswerMs },
    disableRequestLogging: true,
    disableCache: true,
  });
}
