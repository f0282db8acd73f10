import type { FastifyRequest, preHandlerHookHandler } from 'fastify';
import { answerError } from './error-filter.js';
import { isInternal, type InternalKeys } from './internal-key.js';
import type { ServiceSurface } from './service-surface.js';
import { unknownAddress } from './unknown-address.js';

/**
 * Lets through who carries an accepted internal key.
 *
 * @throws AppError 'not-found' for everybody else, as if the address did not exist: nobody outside needs to know that it does
 */
export function requireInternal(request: FastifyRequest, keys: InternalKeys): void {
  if (!isInternal(request, keys)) throw unknownAddress();
}

/** The same for plain Fastify routes, which no guard of Nest sees. */
export function refuseOutsiders({ trusted, logger }: ServiceSurface): preHandlerHookHandler {
  return (request, reply, done) => {
    if (isInternal(request, trusted.internalKeys)) done();
    else answerError(unknownAddress(), { request, reply, logger });
  };
}
