import type { IncomingMessage } from 'node:http';
import { AppError } from '@berth/errors';
import { clientAddress, type DataPlaneGate, type TrustedHops } from '@berth/http';
import type { RepositoryName, Tag } from '@berth/oci';
import { traceIdOf } from '@berth/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { admit } from './admitted-caller.js';
import type { AdmittedToken, DataPlaneCaller, RequestSource } from './caller.js';
import type { DataPlaneAccess, PresentedRequest, RefusedRequest } from './data-plane-access.js';
import { routeOf } from './data-plane-request.js';
import type { Hindrance } from './hindrance.js';
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
    admit(request, new LetIn(access, reply, presented, result));
  }
}

/** Who was let in with one request. */
class LetIn implements DataPlaneCaller {
  readonly registry;
  readonly claims;
  readonly source;
  readonly isLapsed;
  readonly isNetworkBound;
  readonly isQuarantineOnly;

  constructor(
    private readonly access: DataPlaneAccess,
    private readonly reply: FastifyReply,
    private readonly presented: PresentedRequest,
    { registry, claims, source, isLapsed, isNetworkBound, isQuarantineOnly }: AdmittedToken,
  ) {
    this.registry = registry;
    this.claims = claims;
    this.source = source;
    this.isLapsed = isLapsed;
    this.isNetworkBound = isNetworkBound;
    this.isQuarantineOnly = isQuarantineOnly;
  }

  async confirm(): Promise<void> {
    this.unlessRefused(await this.access.confirm(this.presented, this));
  }

  async confirmTags(tags: readonly Tag[] | null): Promise<void> {
    this.unlessRefused(await this.access.confirmTags(this.presented, this, tags));
  }

  async confirmMove(): Promise<void> {
    this.unlessRefused(await this.access.confirmMove(this.presented, this));
  }

  mayReplace(): boolean {
    return this.access.mayReplace(this.presented, this);
  }

  async forbid(hindrance: Hindrance): Promise<never> {
    throw refusal(this.reply, await this.access.forbid(this.presented, this, hindrance));
  }

  mayPull(name: RepositoryName): boolean {
    return this.access.mayPull(this, name);
  }

  mayPullQuarantined(name: RepositoryName): boolean {
    return this.access.mayPullQuarantined(this, name);
  }

  async refuseUngranted(): Promise<never> {
    throw refusal(this.reply, await this.access.refuseUngranted(this.presented, this));
  }

  async refuseOutdated(): Promise<never> {
    throw refusal(this.reply, await this.access.refuseOutdated(this.presented, this));
  }

  async refuseLapsed(): Promise<never> {
    throw refusal(this.reply, await this.access.refuseLapsed(this.presented));
  }

  private unlessRefused(refused: RefusedRequest | null): void {
    if (refused !== null) throw refusal(this.reply, refused);
  }
}

function refusal(reply: FastifyReply, { error, challenge }: RefusedRequest): AppError {
  if (challenge !== null) void reply.header('www-authenticate', challenge);
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
