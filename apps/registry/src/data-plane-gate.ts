import type { IncomingMessage } from 'node:http';
import { AppError } from '@berth/errors';
import { clientAddress, type DataPlaneGate, type TrustedHops } from '@berth/http';
import { traceIdOf } from '@berth/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { admit } from './admitted-caller.js';
import type { RequestSource } from './caller.js';
import type { DataPlaneAccess, RefusedRequest } from './data-plane-access.js';
import { routeOf } from './data-plane-request.js';
import type { RegistryDirectory } from './registry-directory.js';

/** What {@link RegistryGate} asks. */
export interface GateParts {
  readonly directory: RegistryDirectory;
  readonly access: DataPlaneAccess;
  readonly trusted: TrustedHops;
  /** Whether keys, minima and definitions may be decided on. */
  readonly isReady: () => boolean;
}

/** The guard of every slice of the data plane: reads the request for {@link DataPlaneAccess} and answers with its challenge. */
export class RegistryGate implements DataPlaneGate {
  constructor(private readonly parts: GateParts) {}

  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { directory, access, trusted, isReady } = this.parts;
    const registry = directory.registryOf(request.headers.host);
    const authorization = authorizationOf(request.raw);
    // What was taken away while this process was down isn't known yet: a token can't be judged.
    if (authorization.length > 0 && !isReady()) throw notReady();
    const source = sourceOf(request, trusted);
    const presented = { registry, authorization, source, route: routeOf(request.raw) };
    const result = await access.admit(presented);
    if ('error' in result) throw refusal(reply, result);
    const confirm = async (): Promise<void> => {
      const refused = await access.confirm(presented, result);
      if (refused !== null) throw refusal(reply, refused);
    };
    const refuseOutdated = async (): Promise<never> => {
      throw refusal(reply, await access.refuseOutdated(presented, result));
    };
    const refuseLapsed = async (): Promise<never> => {
      throw refusal(reply, await access.refuseLapsed(presented));
    };
    admit(request, { ...result, confirm, refuseOutdated, refuseLapsed });
  }
}

function refusal(reply: FastifyReply, { error, challenge }: RefusedRequest): AppError {
  void reply.header('www-authenticate', challenge);
  return error;
}

/** All of them: Node itself keeps only the first. */
function authorizationOf({ rawHeaders }: IncomingMessage): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') found.push(rawHeaders[i + 1] ?? '');
  }
  return found;
}

function sourceOf(request: FastifyRequest, trusted: TrustedHops): RequestSource {
  const { 'user-agent': userAgent = null, traceparent } = request.headers;
  return {
    address: clientAddress(request, trusted) ?? null,
    userAgent,
    traceId: (typeof traceparent === 'string' ? traceIdOf(traceparent) : undefined) ?? null,
  };
}

function notReady(): AppError {
  return new AppError({ kind: 'unavailable', message: 'this registry is starting', retryAfterSeconds: 2 });
}
