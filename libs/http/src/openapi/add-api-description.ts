import { AppError } from '@berth/errors';
import type { INestApplicationContext } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { answerError } from '../error-filter.js';
import { isInternal } from '../internal-key.js';
import type { ServiceSurface } from '../service-surface.js';
import { describeApi, type ApiPaths } from './describe-api.js';

/** Where a service describes its part of the API, for the gateway, which puts the parts together. */
export const apiDescriptionPath = '/internal/openapi';

/** Adds `GET /internal/openapi`: `{ paths }`. On the origin there is none, for the whole is there. */
export function addApiDescription(
  fastify: FastifyInstance,
  app: INestApplicationContext,
  { trusted, logger, isOrigin }: ServiceSurface,
): void {
  if (isOrigin === true) return;
  let paths: ApiPaths | null = null;
  fastify.get(apiDescriptionPath, (request, reply) => {
    if (isInternal(request, trusted.internalKeys)) return reply.send({ paths: (paths ??= describeApi(app)) });
    const error = new AppError({
      kind: 'not-found',
      code: 'unknown-address',
      message: 'there is nothing at this address',
    });
    return answerError(error, { request, reply, logger });
  });
}
