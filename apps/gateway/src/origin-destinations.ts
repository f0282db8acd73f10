import { AppError, isAppError } from '@berth/errors';
import { readCookie, refuseOtherSites, requireOwnPage, sessionCookie } from '@berth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseService } from './choose-service/choose-service.js';
import type { Destination, Destinations } from './destinations.js';
import type { ExchangeCredentials } from './exchange-credentials/exchange-credentials.js';

const challenge = 'Basic realm="Berth", charset="UTF-8"';

/**
 * The destinations of the origin: the service by the address, and on management routes the caller by the credentials, or by
 * the session of a browser.
 */
export class OriginDestinations implements Destinations {
  /** @param origin as browsers name it; null = it isn't known here, and no session counts */
  constructor(
    private readonly credentials: ExchangeCredentials,
    private readonly origin: string | null,
  ) {}

  async of(request: FastifyRequest, reply: FastifyReply, address: string | undefined): Promise<Destination> {
    const { upstream, isManagement } = chooseService(request.originalUrl);
    const withCookies = /^\/auth\//.test(request.originalUrl);
    if (!isManagement) return { upstream, managementToken: null, withCookies };
    const secret = this.sessionIn(request);
    if (secret !== null)
      return { upstream, managementToken: await this.ofSession(request, secret, address), withCookies };
    try {
      return { upstream, managementToken: await this.ofCredential(request, address), withCookies };
    } catch (error) {
      if (isAppError(error) && error.kind === 'unauthenticated') void reply.header('www-authenticate', challenge);
      throw error;
    }
  }

  refused(managementToken: string): void {
    this.credentials.forget(managementToken);
  }

  /** What a caller says by itself counts before what a browser sends along. */
  private sessionIn({ headers }: FastifyRequest): string | null {
    return this.origin === null || headers.authorization !== undefined
      ? null
      : readCookie(headers.cookie, sessionCookie);
  }

  private async ofSession(request: FastifyRequest, secret: string, address: string | undefined): Promise<string> {
    requireOwnPage(request, this.origin ?? '');
    return this.credentials.tokenFor(`Session ${secret}`, { address, userAgent: request.headers['user-agent'] });
  }

  /** A Bearer token goes on as it is: the services check it. */
  private async ofCredential(request: FastifyRequest, address: string | undefined): Promise<string | null> {
    const { headers } = request;
    const { authorization = '' } = headers;
    if (/^bearer /i.test(authorization)) return null;
    if (/^basic /i.test(authorization)) {
      if (this.origin !== null) refuseOtherSites(request, this.origin);
      return this.credentials.tokenFor(authorization, { address, userAgent: headers['user-agent'] });
    }
    throw new AppError({
      kind: 'unauthenticated',
      code: 'no-credentials',
      message: 'log in with a name and a password (Basic) or a token (Bearer)',
    });
  }
}
