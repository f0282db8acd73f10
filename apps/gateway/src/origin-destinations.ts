import { AppError, isAppError } from '@berth/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseService } from './choose-service/choose-service.js';
import type { Destination, Destinations } from './destinations.js';
import type { ExchangeCredentials } from './exchange-credentials/exchange-credentials.js';

const challenge = 'Basic realm="Berth", charset="UTF-8"';

/** The destinations of the origin: the service by the address, and on management routes the caller by the credentials. */
export class OriginDestinations implements Destinations {
  constructor(private readonly credentials: ExchangeCredentials) {}

  async of(request: FastifyRequest, reply: FastifyReply, address: string | undefined): Promise<Destination> {
    const { upstream, isManagement } = chooseService(request.originalUrl);
    if (!isManagement) return { upstream, managementToken: null };
    try {
      return { upstream, managementToken: await this.managementToken(request, address) };
    } catch (error) {
      if (isAppError(error) && error.kind === 'unauthenticated') void reply.header('www-authenticate', challenge);
      throw error;
    }
  }

  /** A Bearer token goes on as it is: the services check it. */
  private async managementToken({ headers }: FastifyRequest, address: string | undefined): Promise<string | null> {
    const { authorization = '' } = headers;
    if (/^bearer /i.test(authorization)) return null;
    if (/^basic /i.test(authorization)) {
      return this.credentials.tokenFor(authorization, { address, userAgent: headers['user-agent'] });
    }
    throw new AppError({
      kind: 'unauthenticated',
      code: 'no-credentials',
      message: 'log in with a name and a password (Basic) or a token (Bearer)',
    });
  }
}
