import type { ManagementClaims } from '@berth/contracts';
import type { Logger, Metrics } from '@berth/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TrustedHops } from './client-address.js';

/** One part of a service's readiness. */
export interface ReadinessCheck {
  readonly name: string;
  readonly isReady: boolean;
  /** Why not, or what is worth knowing; no secrets. */
  readonly detail?: string;
}

/** A management token that was presented and refused. */
export interface RefusedToken {
  /** Not a token of identity that is good now, or one whose rights were taken away since. */
  readonly reason: 'invalid-token' | 'taken-away';
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly traceId: string | undefined;
}

/** Checks the management tokens of callers. */
export interface ManagementTokens {
  /** @throws AppError 'unauthenticated' for anything that is not a management token of identity */
  verify(compact: string): ManagementClaims;
  /** The first subject of `ver` that was raised above it, or null. */
  refusedBy(ver: ManagementClaims['ver'], iatSeconds: number): string | null;
  /** Awaited before a refusal leaves; whoever presents no token at all isn't told of. */
  readonly onRefused?: (refused: RefusedToken) => Promise<void>;
}

/** Lets requests of the data plane in. */
export interface DataPlaneGate {
  /**
   * Returns when the request may pass; it has then remembered who calls.
   *
   * @throws AppError for a refusal, after it has set `WWW-Authenticate` on the reply
   */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

/** What a service gives to the HTTP side of it; provided under {@link SERVICE_SURFACE} in its root module. */
export interface ServiceSurface {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly trusted: TrustedHops;
  /** Every part that must be ready before the service is given requests. */
  readonly readiness: () => readonly ReadinessCheck[];
  /** The service is the origin: its health and metrics answer only to who knows the internal key. */
  readonly isOrigin?: boolean;
  /** Absent where no route is `@ForCaller()`: such a route then refuses everybody. */
  readonly managementTokens?: ManagementTokens;
  /** Absent where no route is `@ForDataPlane()`. */
  readonly dataPlaneGate?: DataPlaneGate;
}

/** The token under which a root module provides its {@link ServiceSurface}. */
export const SERVICE_SURFACE = Symbol('SERVICE_SURFACE');
