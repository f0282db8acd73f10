import { OpenToAll, Route } from '@berth/http';
import { Body, Controller, Header, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequestOrigins } from '../request-origins.js';
import { ExchangeToken } from './exchange-token.js';

@Controller('oauth2/exchange')
export class ExchangeTokenController {
  constructor(
    private readonly exchangeToken: ExchangeToken,
    private readonly origins: RequestOrigins,
  ) {}

  @Post()
  @Header('cache-control', 'no-store')
  @OpenToAll('whoever wants a token proves here who they are')
  @Route({ statuses: [200, 400, 413, 429, 503] })
  async exchange(@Req() request: FastifyRequest, @Body() body: unknown): Promise<{ readonly refresh_token: string }> {
    return { refresh_token: await this.exchangeToken.execute({ body, origin: this.origins.of(request) }) };
  }
}
