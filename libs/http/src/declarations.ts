import type { z } from 'zod';
import { applyDecorators, HttpCode, SetMetadata, UseInterceptors } from '@nestjs/common';
import { OutputInterceptor } from './output-interceptor.js';

/** Who may call a route. The guard enforces it; a route without one is refused at boot. */
export type RouteAccess =
  | { readonly kind: 'open'; readonly why: string }
  | { readonly kind: 'internal' }
  | { readonly kind: 'internal-caller' }
  | { readonly kind: 'caller' }
  | { readonly kind: 'data-plane' };

/** Metadata keys. */
export const accessKey = 'berth:access';
export const routeKey = 'berth:route';

/** Anybody may call it, for the reason given: a challenge, the token endpoint, public keys. */
export const OpenToAll = (why: string): MethodDecorator =>
  SetMetadata(accessKey, { kind: 'open', why } satisfies RouteAccess);

/** Only other services of this installation, which know the internal key. */
export const InternalOnly = (): MethodDecorator => SetMetadata(accessKey, { kind: 'internal' } satisfies RouteAccess);

/** A caller with a management token; what the caller may do is decided in the use case, which knows the thing. */
export const ForCaller = (): MethodDecorator => SetMetadata(accessKey, { kind: 'caller' } satisfies RouteAccess);

/** Another service of this installation on behalf of a caller, whose management token it passes on. */
export const ForCallerOfService = (): MethodDecorator =>
  SetMetadata(accessKey, { kind: 'internal-caller' } satisfies RouteAccess);

/** A client of the data plane, let in by the service's {@link DataPlaneGate}. */
export const ForDataPlane = (): MethodDecorator => SetMetadata(accessKey, { kind: 'data-plane' } satisfies RouteAccess);

/** What a route answers. */
export interface RouteDeclaration {
  /** Every status it answers with by itself; the first is that of success. */
  readonly statuses: readonly [number, ...number[]];
  /** The body of success; what does not fit it is answered as a bug, never sent. */
  readonly output?: z.ZodType;
}

/** Declares a route's statuses and output, and sets the status of success. */
export function Route(declaration: RouteDeclaration): MethodDecorator {
  const { statuses, output } = declaration;
  const held = output === undefined ? [] : [UseInterceptors(new OutputInterceptor(output))];
  return applyDecorators(HttpCode(statuses[0]), SetMetadata(routeKey, declaration), ...held);
}
