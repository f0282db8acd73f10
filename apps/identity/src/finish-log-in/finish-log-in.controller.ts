import { dropCookie, OpenToAll, readCookie, Route, sessionCookie, setCookie } from '@berth/http';
import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logInCookie } from '../log-in-attempts.js';
import { RequestOrigins } from '../request-origins.js';
import { sessionMaxMs } from '../session.js';
import { FinishLogIn } from './finish-log-in.js';

@Controller('auth/callback')
export class FinishLogInController {
  constructor(
    private readonly finishLogIn: FinishLogIn,
    private readonly origins: RequestOrigins,
  ) {}

  /**
   * Opens the session. The answer is a page that goes on by itself, not a redirect: a browser takes a redirect here for the
   * identity provider's own doing and would leave the session's cookie, which is SameSite=Strict, out of the next request.
   */
  @Get()
  @Header('cache-control', 'no-store')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  @Header('referrer-policy', 'no-referrer')
  @Header('x-content-type-options', 'nosniff')
  @OpenToAll('whoever comes from the identity provider proves here who they are')
  @Route({ statuses: [200, 400, 403, 404, 429, 503] })
  async finish(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { originalUrl } = request;
    void reply.header('set-cookie', dropCookie(logInCookie));
    const { secret, returnTo } = await this.finishLogIn.execute({
      query: originalUrl.slice(originalUrl.indexOf('?')),
      attempt: readCookie(request.headers.cookie, logInCookie),
      origin: this.origins.of(request),
    });
    void reply.header('set-cookie', setCookie(sessionCookie, secret, sessionMaxMs / 1000));
    return pageTo(returnTo);
  }
}

/** @param path of this origin; of all that HTML reads in its own way it can hold an ampersand alone */
function pageTo(path: string): string {
  const url = path.replaceAll('&', '&amp;');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}"><title>Berth</title></head>
<body><p>You are logged in. <a href="${url}">Go on</a></p></body></html>
`;
}
