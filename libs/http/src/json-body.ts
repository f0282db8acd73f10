import { AppError } from '@berth/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';

/** The longest body that makes sense, with some room: a batch of a thousand questions or names. */
export const maxJsonBytes = 512 * 1024;

/** For a whole body, as services have it for a whole request that read all of theirs. */
const maxBodyMs = 30_000;

/** JSON and nothing else. Scripts name the type on a DELETE too, which has no body: that is no body, not a broken one. */
export function readJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null);
    else parse(request, body.toString(), done);
  });
}

/**
 * Leaves bodies unread, but for those of the management API: a service that streams content is managed as any other.
 *
 * @param isManagement by the address after rewriting
 */
export function readJsonOf(fastify: FastifyInstance, isManagement: (url: string) => boolean): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  fastify.addContentTypeParser('application/json', (request: FastifyRequest, payload: IncomingMessage, done) => {
    if (!isManagement(request.url)) return done(null);
    collect(payload).then(
      (body) => (body.length === 0 ? done(null) : parse(request, body, done)),
      (error: unknown) => done(error instanceof Error ? error : new Error('the body broke off', { cause: error })),
    );
  });
}

async function collect(payload: IncomingMessage): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), maxBodyMs);
  try {
    return await Promise.race([text(payload), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function text(payload: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxJsonBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString();
}

function tooLarge(): AppError {
  return new AppError({ kind: 'too-large', code: 'too-large', message: 'the body is larger than 512 KiB' });
}

function tooSlow(): AppError {
  return new AppError({ kind: 'malformed', code: 'malformed-body', message: 'the body is not complete after 30 s' });
}
