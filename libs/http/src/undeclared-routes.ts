import { AppError } from '@berth/errors';
import type { INestApplicationContext } from '@nestjs/common';
import { routesOf } from './routes.js';

/**
 * Refuses to start a service with a route that declares no access or no statuses.
 *
 * @throws AppError 'bug' that lists them all
 */
export function refuseUndeclaredRoutes(app: INestApplicationContext): void {
  const undeclared = routesOf(app).filter(({ access, declaration }) => access === null || declaration === null);
  if (undeclared.length === 0) return;
  const names = undeclared.map(({ handler }) => handler).join(', ');
  throw new AppError({ kind: 'bug', message: `routes that declare no access or no statuses: ${names}` });
}
