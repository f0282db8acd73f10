import { AppError } from '@berth/errors';
import { traceIdOf } from '@berth/telemetry';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setCaller } from './caller.js';
import { clientAddress } from './client-address.js';
import { accessKey, type RouteAccess } from './declarations.js';
import { isInternal } from './internal-key.js';
import type { ServiceSurface } from './service-surface.js';

/** Enforces what each route declares about access. A route that declares nothing is refused. */
export class AccessGuard implements CanActivate {
  /** Looked up once for each handler: a pull must not pay for reflection. */
  private readonly declared = new WeakMap<object, RouteAccess | null>();

  constructor(private readonly surface: ServiceSurface) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // Records of Kafka come through here too; what they may say is the matter of topics and their access lists.
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const access = this.accessOf(context.getHandler());
    switch (access?.kind) {
      case 'open':
        return true;
      case 'data-plane':
        return this.admit(request, http.getResponse<FastifyReply>());
      case 'caller':
        this.identify(request);
        return true;
      case 'internal':
        // As if the address did not exist: nobody outside needs to know that it does.
        if (!isInternal(request, this.surface.trusted.internalKeys)) throw unknownAddress();
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

  private identify(request: FastifyRequest): void {
    const { managementTokens, trusted } = this.surface;
    const [, token] = /^bearer +([\w.-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined || managementTokens === undefined) throw unauthenticated();
    const { sub, name, acct, groups, operator, ver, iat } = managementTokens.verify(token);
    if (managementTokens.refusedBy(ver, iat) !== null) throw unauthenticated();
    const { traceparent } = request.headers;
    setCaller(request, {
      ref: sub,
      name,
      account: acct,
      groups,
      operator,
      token,
      address: clientAddress(request, trusted),
      userAgent: request.headers['user-agent'],
      traceId: traceIdOf(typeof traceparent === 'string' ? traceparent : undefined),
    });
  }
}

function unauthenticated(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'unauthenticated',
    message: 'a valid management token is needed',
  });
}

function unknownAddress(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-address', message: 'there is nothing at this address' });
}
