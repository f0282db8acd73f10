import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Upstream } from './upstream.js';

/** Where one request goes, and as whom. */
export interface Destination {
  readonly upstream: Upstream;
  /** In place of the caller's credentials; null where the request goes on as it is. */
  readonly managementToken: string | null;
  /** Whether the browser's cookies go along: only to where people log in and out. */
  readonly withCookies: boolean;
}

/** Says where a request goes. */
export interface Destinations {
  /**
   * @param address where the request came from
   * @throws AppError 'malformed' or 'not-found' for the address, 'unauthenticated' (with a challenge set on the reply) for
   *   the credentials, 'unavailable' when they can't be checked
   */
  of(request: FastifyRequest, reply: FastifyReply, address: string | undefined): Promise<Destination>;
  /** A service takes this management token no longer, as something was taken from its caller: the next request gets another. */
  refused(managementToken: string): void;
}

export const DESTINATIONS = Symbol('DESTINATIONS');
