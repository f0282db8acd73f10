import { clientAddress, type TrustedHops } from '@berth/http';
import { traceIdOf } from '@berth/telemetry';
import type { FastifyRequest } from 'fastify';
import type { EntryOrigin } from '@berth/http';

/** Tells where requests come from, believing only those hops that are trusted. */
export class RequestOrigins {
  constructor(private readonly trusted: TrustedHops) {}

  of(request: FastifyRequest): EntryOrigin {
    const { traceparent } = request.headers;
    return {
      address: clientAddress(request, this.trusted),
      userAgent: request.headers['user-agent'],
      traceId: typeof traceparent === 'string' ? traceIdOf(traceparent) : undefined,
    };
  }
}
