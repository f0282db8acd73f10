import { AppError } from '@berth/errors';
import type { FastifyRequest } from 'fastify';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

type Asked = Pick<FastifyRequest, 'method' | 'headers'>;

/**
 * Refuses a change that a browser makes for a page of another site, with what it sends along by itself: a password that
 * was typed once. Programs say no origin.
 *
 * @throws AppError 'denied' with code `other-origin`
 */
export function refuseOtherSites({ method, headers }: Asked, origin: string): void {
  if (!safeMethods.has(method) && headers.origin !== undefined && headers.origin !== origin) throw otherOrigin();
}

/**
 * Lets a session change things only from a page of this origin, and only by JSON, which no form of another site can send.
 * A session's cookie is SameSite=Strict besides, so reading needs no more.
 *
 * @throws AppError 'denied' with code `other-origin` or `not-json`
 */
export function requireOwnPage({ method, headers }: Asked, origin: string): void {
  if (safeMethods.has(method)) return;
  if (headers.origin !== origin) throw otherOrigin();
  if (/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) return;
  const message = 'a session changes things with content-type: application/json alone';
  throw new AppError({ kind: 'denied', code: 'not-json', message });
}

function otherOrigin(): AppError {
  return new AppError({ kind: 'denied', code: 'other-origin', message: 'only a page of this origin may do this' });
}
