import { isAppError } from '@berth/errors';
import { OpenToAll, Route } from '@berth/http';
import { Controller, Header, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RequestOrigins } from '../request-origins.js';
import { SETTINGS, type Settings } from '../settings.js';
import { IssueDevicePassword } from './issue-device-password.js';

const question = z.object({ service: z.string().max(512) });

@Controller('oauth2/device-password')
export class IssueDevicePasswordController {
  constructor(
    private readonly issueDevicePassword: IssueDevicePassword,
    private readonly origins: RequestOrigins,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post()
  @Header('cache-control', 'no-store')
  @OpenToAll('a device proves here who it is')
  @Route({ statuses: [200, 400, 401, 429, 503] })
  async issue(
    @Req() request: FastifyRequest,
    @Query({ schema: question }) { service }: z.infer<typeof question>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ readonly username: string; readonly password: string; readonly key_id: string }> {
    const { authorization } = request.headers;
    try {
      const { username, password, keyId } = await this.issueDevicePassword.execute({
        service,
        authorization,
        origin: this.origins.of(request),
      });
      return { username, password, key_id: keyId };
    } catch (e) {
      const challenge = `Basic realm="${this.settings.tokenRealm}", charset="UTF-8"`;
      if (isAppError(e) && e.kind === 'unauthenticated') void reply.header('www-authenticate', challenge);
      throw e;
    }
  }
}
