import { isAppError } from '@berth/errors';
import { OpenToAll, Route } from '@berth/http';
import { ociError } from '@berth/oci';
import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestOrigins } from '../request-origins.js';
import { SETTINGS, type Settings } from '../settings.js';
import { IssueToken } from './issue-token.js';

/** What docker reads; both names of the token are in use. */
interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
}

@Controller('oauth2/token')
export class IssueTokenController {
  constructor(
    private readonly issueToken: IssueToken,
    private readonly origins: RequestOrigins,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @OpenToAll('whoever wants a token proves here who they are')
  @Route({ statuses: [200, 400, 401, 429, 503] })
  async issue(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<TokenAnswer> {
    void reply.header('cache-control', 'no-store');
    try {
      const { token, expiresInSeconds, issuedAtMs } = await this.issueToken.execute({
        parameters: request.query,
        authorization: request.headers.authorization,
        origin: this.origins.of(request),
      });
      const issuedAt = new Date(issuedAtMs).toISOString();
      return { token, access_token: token, expires_in: expiresInSeconds, issued_at: issuedAt };
    } catch (e) {
      if (isAppError(e) && e.kind === 'unauthenticated') void reply.header('www-authenticate', this.challenge());
      throw e;
    }
  }

  /** Clients that try POST first fall back to GET at a 405, as containerd and docker do. */
  @Post()
  @OpenToAll('tells clients to use GET')
  @Route({ statuses: [405] })
  post(@Res({ passthrough: true }) reply: FastifyReply): never {
    void reply.header('allow', 'GET');
    throw ociError({ code: 'UNSUPPORTED', message: 'ask for a token with GET' });
  }

  private challenge(): string {
    return `Basic realm="${this.settings.tokenRealm}", charset="UTF-8"`;
  }
}
