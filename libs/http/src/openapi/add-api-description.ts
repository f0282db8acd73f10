import type { INestApplicationContext } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { refuseOutsiders } from '../require-internal.js';
import type { ServiceSurface } from '../service-surface.js';
import { describeApi, type ApiPaths } from './describe-api.js';

/** Where a service describes its part of the API, for the gateway, which puts the parts together. */
export const apiDescriptionPath = '/internal/openapi';

/** Adds `GET /internal/openapi`: `{ paths }`. On the origin there is none, for the whole is there. */
export function addApiDescription(
  fastify: FastifyInstance,
  app: INestApplicationContext,
  surface: ServiceSurface,
): void {
  if (surface.isOrigin === true) return;
  let paths: ApiPaths | null = null;
  fastify.get(apiDescriptionPath, { preHandler: refuseOutsiders(surface) }, () => ({
    paths: (paths ??= describeApi(app)),
  }));
}
