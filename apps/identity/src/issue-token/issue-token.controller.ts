import { isAppError } from '@berth/errors';
import { OpenToAll, Route } from '@berth/http';
import { Body, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientCertificates } from '../client-certificates.js';
import { RequestOrigins } from '../request-origins.js';
import { SETTINGS, type Settings } from '../settings.js';
import type { IssuedToken } from './access-token-issuer.js';
import { IssueToken } from './issue-token.js';
import type { TokenQuestion } from './token-questions.js';
import { expiryWarning, formAnswer, queryAnswer, type FormAnswer, type QueryAnswer } from './token-answers.js';

@Controller('oauth2/token')
export class IssueTokenController {
  constructor(
    private readonly issueToken: IssueToken,
    private readonly origins: RequestOrigins,
    private readonly certificates: ClientCertificates,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** @source Docker registry token specification */
  @Get()
  @OpenToAll('whoever wants a token proves here who they are')
  @Route({ statuses: [200, 400, 401, 429, 503] })
  async byQuery(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<QueryAnswer> {
    const question = { kind: 'query', parameters: request.query, ...this.senderOf(request) } as const;
    return queryAnswer(await this.issue(question, reply));
  }

  /** @source Docker registry OAuth2 specification */
  @Post()
  @OpenToAll('whoever wants a token proves here who they are')
  @Route({ statuses: [200, 400, 401, 413, 429, 503] })
  async byForm(
    @Req() request: FastifyRequest,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FormAnswer> {
    return formAnswer(await this.issue({ kind: 'form', body, ...this.senderOf(request) }, reply));
  }

  private senderOf(request: FastifyRequest) {
    const { authorization } = request.headers;
    return { authorization, certificate: this.certificates.of(request), origin: this.origins.of(request) };
  }

  private async issue(question: TokenQuestion, reply: FastifyReply): Promise<IssuedToken> {
    void reply.header('cache-control', 'no-store');
    try {
      const issued = await this.issueToken.execute(question);
      const warning = expiryWarning(issued);
      if (warning !== null) void reply.header('warning', warning);
      return issued;
    } catch (e) {
      if (isAppError(e) && e.kind === 'unauthenticated') void reply.header('www-authenticate', this.challenge());
      throw e;
    }
  }

  private challenge(): string {
    return `Basic realm="${this.settings.tokenRealm}", charset="UTF-8"`;
  }
}
