import { AppError } from '@berth/errors';
import { clientAddress, clientCertificateHeader, isTrustedHop, OpenToAll, Route, trustedProxies } from '@berth/http';
import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DESTINATIONS, type Destinations } from '../destinations.js';
import { answeredHeaders, forwardedHeaders } from './forwarded-headers.js';
import { Replicas } from './replicas.js';

/** What forwarding needs to know of this installation. */
export interface ForwardingOptions {
  readonly internalKey: string;
  readonly trustedProxies: readonly string[];
}

export const FORWARDING_OPTIONS = Symbol('FORWARDING_OPTIONS');

/** Errors of a connection that was never made: nothing was sent, so another replica may be asked. */
const notConnected = /ECONNREFUSED|UND_ERR_CONNECT_TIMEOUT|ENOTFOUND|EHOSTUNREACH/;

/**
 * Hands every request on, streaming both ways, to the service that its address belongs to. The gateway decides nothing: it
 * puts who calls, in a form that the services can check, in place of the caller's password.
 */
@Controller()
export class ForwardRequestController {
  private readonly proxies;

  constructor(
    @Inject(DESTINATIONS) private readonly destinations: Destinations,
    private readonly replicas: Replicas,
    @Inject(FORWARDING_OPTIONS) private readonly options: ForwardingOptions,
  ) {
    this.proxies = trustedProxies(options.trustedProxies);
  }

  @All('*')
  @OpenToAll('each service decides for itself; the gateway only says who calls')
  @Route({ statuses: [200, 400, 401, 404, 503] })
  async forward(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const address = clientAddress(request, { internalKeys: [], proxies: this.proxies });
    const { upstream, ...said } = await this.destinations.of(request, reply, address);
    const { internalKey } = this.options;
    const clientCertificate = this.certificateIn(request);
    const words = { internalKey, clientAddress: address, clientCertificate, ...said };
    const headers = forwardedHeaders(request.headers, words);
    const { managementToken } = said;
    this.send(request, reply, { headers, managementToken, service: upstream, urls: this.replicas.inTurn(upstream) });
  }

  /** Only of who is trusted to have ended TLS for the client: anybody else could name any certificate. */
  private certificateIn(request: FastifyRequest): string | null {
    const header = request.headers[clientCertificateHeader];
    const isBelieved = isTrustedHop(request, { internalKeys: [], proxies: this.proxies });
    return isBelieved && typeof header === 'string' ? header : null;
  }

  private send(request: FastifyRequest, reply: FastifyReply, to: Sending): void {
    const [url, ...others] = to.urls;
    reply.from(undefined, {
      getUpstream: () => url ?? '',
      rewriteRequestHeaders: () => to.headers,
      rewriteHeaders: answeredHeaders,
      // A service says by itself when to come back; asking again is the client's matter.
      retryDelay: () => null,
      onResponse: (_, answered, { statusCode, stream }) => {
        if (statusCode === 401 && to.managementToken !== null) this.destinations.refused(to.managementToken);
        void answered.send(stream);
      },
      onError: (_, { error }) => {
        const isAway = notConnected.test(describe(error));
        if (isAway && url !== undefined) this.replicas.reportAway(url);
        // A body may already have been read from, and can't be read again.
        const isRepeatable = isAway && request.body === undefined && others.length > 0;
        if (isRepeatable) this.send(request, reply, { ...to, urls: others });
        else void reply.send(unavailable(to.service, error));
      },
    });
  }
}

interface Sending {
  readonly headers: ReturnType<typeof forwardedHeaders>;
  /** That the gateway put in. */
  readonly managementToken: string | null;
  readonly service: string;
  readonly urls: readonly string[];
}

function describe(error: Error): string {
  const { cause } = error;
  return `${error.message} ${cause instanceof Error ? `${cause.message} ${'code' in cause ? String(cause.code) : ''}` : ''}`;
}

function unavailable(service: string, cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: `${service}-unavailable`,
    message: `${service} does not answer`,
    cause,
  });
}
