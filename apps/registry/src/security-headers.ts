import type { FastifyInstance } from 'fastify';

/** What every answer below `/v2` says: which protocol this is, and that no browser may take the content for a page. */
const headers = {
  'docker-distribution-api-version': 'registry/2.0',
  'x-content-type-options': 'nosniff',
  'content-security-policy': 'sandbox',
} as const;

/** Adds the headers of the data plane, to refusals too. */
export function addDataPlaneHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // The address of the slice: what only a second decoding would put below `/v2` is refused there too.
    if (request.url.startsWith('/v2/')) void reply.headers(headers);
    done();
  });
}
