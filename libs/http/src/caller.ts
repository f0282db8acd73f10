import { AppError } from '@berth/errors';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Who calls the management API, proven by a management token. */
export interface Caller {
  /** `<kind>:<id>`. */
  readonly ref: string;
  readonly name: string;
  /** Account id; a use case looks for things in this account only. */
  readonly account: string;
  /** `group:<id>` of each group. */
  readonly groups: readonly string[];
  /** A platform operator. */
  readonly operator: boolean;
  /** A user that the import of a legacy account brought; left out = no. */
  readonly imported?: true;
  /** The management token itself, to call another service as this caller. */
  readonly token: string;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly traceId: string | undefined;
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** Remembers who the guard let in. */
export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** Gives a handler with `@ForCaller()` its {@link Caller}. */
export const CallerParam = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (caller === undefined) throw new AppError({ kind: 'bug', message: '@CallerParam() needs @ForCaller()' });
  return caller;
});
