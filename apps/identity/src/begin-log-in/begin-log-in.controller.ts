import { OpenToAll, Route, setCookie } from '@berth/http';
import { Controller, Get, Header, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { attemptSeconds, logInCookie } from '../log-in-attempts.js';
import { RequestOrigins } from '../request-origins.js';
import { BeginLogIn } from './begin-log-in.js';
import { returnPath } from './return-path.js';

@Controller('auth/login')
export class BeginLogInController {
  constructor(
    private readonly beginLogIn: BeginLogIn,
    private readonly origins: RequestOrigins,
  ) {}

  /** Sends the browser to the identity provider. */
  @Get()
  @Header('cache-control', 'no-store')
  @OpenToAll('whoever wants to log in is sent to where they can')
  @Route({ statuses: [302, 404, 429, 503] })
  async begin(
    @Req() request: FastifyRequest,
    @Query('return') asked: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const returnTo = returnPath(asked);
    const { address, attempt } = await this.beginLogIn.execute({ returnTo, origin: this.origins.of(request) });
    void reply.header('set-cookie', setCookie(logInCookie, attempt, attemptSeconds));
    void reply.header('location', address);
  }
}
