import { AppError } from '@berth/errors';
import type { FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { DataPlaneCaller } from './caller.js';

const admitted = new WeakMap<IncomingMessage, DataPlaneCaller>();

/** Remembers who the guard let in with this request. */
export function admit(request: FastifyRequest, caller: DataPlaneCaller): void {
  admitted.set(request.raw, caller);
}

/** Who is calling; only for slices behind the guard of the data plane. */
export function callerOf(request: FastifyRequest): DataPlaneCaller {
  const caller = admitted.get(request.raw);
  if (caller === undefined) throw new AppError({ kind: 'bug', message: 'a slice of the data plane without its guard' });
  return caller;
}
