import { AppError } from '@berth/errors';
import type { Logger } from '@berth/telemetry';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorFormOf } from './error-forms.js';
import { knownError } from './known-error.js';

const retrySeconds = 1;

/** The header that names a request, to find it in the log; always ours, never the client's. */
export const requestIdHeader = 'x-request-id';

/** What a handler may have set for the answer that it did not get to. */
const ofTheAnswer = ['content-length', 'content-encoding', 'content-disposition', 'etag', 'last-modified'];

/**
 * Turns every error into an answer in the form of its route. One that was not thrown on purpose is logged with its cause
 * and answered with 500, a request id, and nothing else.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    answerError(thrown, { request, reply: http.getResponse<FastifyReply>(), logger: this.logger });
  }
}

/** What {@link answerError} answers, and where it logs. */
export interface Answering {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly logger: Logger;
}

/** Answers an error; a reply that has begun is cut off instead, so that nobody takes a part for the whole. */
export function answerError(thrown: unknown, { request, reply, logger }: Answering): void {
  const error = knownError(thrown) ?? unknownError(thrown);
  if (error.kind === 'bug' || error.kind === 'unavailable') {
    logger.error({ err: error.cause ?? thrown, requestId: request.id, route: request.routeOptions.url }, error.message);
  }
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  for (const name of ofTheAnswer) void reply.removeHeader(name);
  void reply.header('cache-control', 'no-store').header(requestIdHeader, request.id);
  const shown = error.kind === 'bug' ? new AppError({ kind: 'bug', message: 'something went wrong here' }) : error;
  const { status, contentType, body } = errorFormOf(request.originalUrl)(shown, request.id);
  const retryAfter = error.retryAfterSeconds ?? (status === 503 || status === 429 ? retrySeconds : undefined);
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  if (status === 401 && !reply.hasHeader('www-authenticate')) {
    void reply.header('www-authenticate', 'Bearer realm="berth"');
  }
  // Bytes, because Fastify would add a charset to text, which these media types don't have.
  void reply
    .code(status)
    .header('content-type', contentType)
    .send(Buffer.from(JSON.stringify(body)));
}

function unknownError(thrown: unknown): AppError {
  return new AppError({ kind: 'bug', message: 'an error that nothing expected', cause: thrown });
}
