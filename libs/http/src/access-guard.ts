import type { ManagementClaims } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import { traceIdOf } from '@berth/telemetry';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setCaller } from './caller.js';
import { clientAddress } from './client-address.js';
import { accessKey, type RouteAccess } from './declarations.js';
import { requireInternal } from './require-internal.js';
import type { ManagementTokens, ServiceSurface } from './service-surface.js';

/** Enforces what each route declares about access. A route that declares nothing is refused. */
export class AccessGuard implements CanActivate {
  /** Looked up once for each handler: a pull must not pay for reflection. */
  private readonly declared = new WeakMap<object, RouteAccess | null>();

  constructor(private readonly surface: ServiceSurface) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // Nothing else gets here (consumers don't inherit this guard); what would is not known to be allowed.
    if (context.getType() !== 'http') throw new AppError({ kind: 'bug', message: 'not a request over HTTP' });
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const access = this.accessOf(context.getHandler());
    switch (access?.kind) {
      case 'open':
        return true;
      case 'data-plane':
        return this.admit(request, http.getResponse<FastifyReply>());
      case 'caller':
        return this.identify(request).then(() => true);
      case 'internal-caller':
        requireInternal(request, this.surface.trusted.internalKeys);
        return this.identify(request).then(() => true);
      case 'internal':
        requireInternal(request, this.surface.trusted.internalKeys);
        return true;
      case undefined:
        throw new AppError({ kind: 'bug', message: 'a route that declares no access' });
    }
  }

  private accessOf(handler: object): RouteAccess | null {
    const known = this.declared.get(handler);
    if (known !== undefined) return known;
    // Reflect gives any; the key is written by the decorators of declarations.ts alone.
    const access = (Reflect.getMetadata(accessKey, handler) ?? null) as RouteAccess | null;
    this.declared.set(handler, access);
    return access;
  }

  private async admit(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { dataPlaneGate } = this.surface;
    if (dataPlaneGate === undefined) throw new AppError({ kind: 'bug', message: 'this service has no data plane' });
    await dataPlaneGate.admit(request, reply);
    return true;
  }

  private async identify(request: FastifyRequest): Promise<void> {
    const { managementTokens } = this.surface;
    const { authorization = '' } = request.headers;
    if (authorization === '' || managementTokens === undefined) throw unauthenticated();
    const origin = this.originOf(request);
    const [, token] = /^bearer +([\w.-]+)$/i.exec(authorization) ?? [];
    const checked = token === undefined ? unauthenticated() : verified(managementTokens, token);
    if (token === undefined || checked instanceof AppError) {
      await managementTokens.onRefused?.({ reason: 'invalid-token', ...origin });
      throw checked;
    }
    const { sub, name, acct, groups, operator, imported, ver, iat } = checked;
    if (managementTokens.refusedBy(ver, iat) !== null) {
      await managementTokens.onRefused?.({ reason: 'taken-away', ...origin });
      throw unauthenticated();
    }
    const past = imported === undefined ? {} : { imported };
    setCaller(request, { ref: sub, name, account: acct, groups, operator, ...past, token, ...origin });
  }

  private originOf(request: FastifyRequest) {
    const { traceparent, 'user-agent': userAgent } = request.headers;
    return {
      address: clientAddress(request, this.surface.trusted),
      userAgent,
      traceId: traceIdOf(typeof traceparent === 'string' ? traceparent : undefined),
    };
  }
}

/** The claims, or the refusal. @throws what says that the token could not be checked */
function verified(tokens: ManagementTokens, token: string): ManagementClaims | AppError {
  try {
    return tokens.verify(token);
  } catch (e) {
    if (isAppError(e) && e.kind === 'unauthenticated') return e;
    throw e;
  }
}

function unauthenticated(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'unauthenticated',
    message: 'a valid management token is needed',
  });
}
