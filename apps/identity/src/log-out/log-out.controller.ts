import { dropCookie, OpenToAll, readCookie, requireOwnPage, Route, sessionCookie } from '@berth/http';
import { Controller, Header, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Sessions } from '../sessions.js';
import { SETTINGS, type Settings } from '../settings.js';

@Controller('auth/logout')
export class LogOutController {
  constructor(
    private readonly sessions: Sessions,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Ends the session of this browser, if there is one, and what was got by it. Another site's page can't. */
  @Post()
  @Header('cache-control', 'no-store')
  @OpenToAll('whoever has no session has nothing to end')
  @Route({ statuses: [204, 403, 503] })
  async logOut(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    requireOwnPage(request, this.settings.publicUrl);
    const secret = readCookie(request.headers.cookie, sessionCookie);
    if (secret !== null) await this.sessions.close(secret);
    void reply.header('set-cookie', dropCookie(sessionCookie));
  }
}
