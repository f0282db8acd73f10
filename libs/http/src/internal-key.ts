import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

/** The header that proves a call to come from another service of this installation. */
export const internalHeader = 'berth-internal';

/** The keys that are accepted: one, or two while rotating; each in the form in which it is sent. */
export type InternalKeys = readonly string[];

/** Whether a request carries an accepted internal key; compared in constant time. */
export function isInternal(request: Pick<FastifyRequest, 'headers'>, keys: InternalKeys): boolean {
  const given = request.headers[internalHeader];
  if (typeof given !== 'string') return false;
  const bytes = Buffer.from(given);
  // Each key is looked at, so that the time says nothing about which one it was.
  return keys.filter((key) => isEqual(bytes, Buffer.from(key))).length > 0;
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
