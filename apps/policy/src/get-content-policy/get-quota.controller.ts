import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { quotaAnswer, quotaAnswerOf, type QuotaAnswer } from '../quota-policy.js';
import { GetContentPolicy } from './get-content-policy.js';

/** GET of `/api/v1/registries/{r}/quota`. */
@Controller()
export class GetQuotaController {
  constructor(private readonly getContentPolicy: GetContentPolicy) {}

  @Get('api/v1/registries/:registry/quota')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: quotaAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
  ): Promise<QuotaAnswer> {
    return quotaAnswerOf(await this.getContentPolicy.execute(caller, { registry, part: 'quota' }));
  }
}
