import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { anonymousAccessAnswer, answerOf, type AnonymousAccessAnswer } from '../anonymous-access-answer.js';
import { nameInPath } from '../name-in-path.js';
import { GetAnonymousAccess } from './get-anonymous-access.js';

/** GET of `/api/v1/registries/{r}/policies/anonymous-access`. */
@Controller()
export class GetAnonymousAccessController {
  constructor(private readonly getAnonymousAccess: GetAnonymousAccess) {}

  @Get('api/v1/registries/:registry/policies/anonymous-access')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: anonymousAccessAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
  ): Promise<AnonymousAccessAnswer> {
    return answerOf(await this.getAnonymousAccess.execute(caller, registry));
  }
}
