import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DefinitionsCopy } from '../definitions-copy.js';
import { newTokenAddress, type TokenAddress } from '../token-address.js';
import { answerOf, tokenAnswer, type TokenAnswer } from '../token-answer.js';
import { wholeToken, type WholeToken } from '../token-fields.js';
import { PutToken } from './put-token.js';

@Controller('api/v1/registries/:registry/tokens')
export class PutTokenController {
  constructor(
    private readonly putToken: PutToken,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /** 201 when it is new, 200 when it was there. */
  @Put(':name')
  @ForCaller()
  @Route({ statuses: [200, 201, 400, 403, 404, 409, 503], output: tokenAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param({ schema: newTokenAddress }) { registry, name }: TokenAddress,
    @Body({ schema: wholeToken }) body: WholeToken,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenAnswer> {
    const { token, isNew } = await this.putToken.execute(caller, { registry, name, token: body });
    if (isNew) void reply.code(201);
    return answerOf(token, this.definitions.view);
  }
}
