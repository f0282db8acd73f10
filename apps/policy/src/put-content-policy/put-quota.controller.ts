import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { quotaAnswer, quotaAnswerOf, quotaBody, quotaOf, type QuotaAnswer, type QuotaBody } from '../quota-policy.js';
import { PutContentPolicy } from './put-content-policy.js';

/** PUT of `/api/v1/registries/{r}/quota`. */
@Controller()
export class PutQuotaController {
  constructor(private readonly putContentPolicy: PutContentPolicy) {}

  @Put('api/v1/registries/:registry/quota')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 413, 503], output: quotaAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Body({ schema: quotaBody }) body: QuotaBody,
  ): Promise<QuotaAnswer> {
    const request = { registry, part: 'quota', value: quotaOf(body), asked: JSON.stringify(body) } as const;
    return quotaAnswerOf(await this.putContentPolicy.execute(caller, request));
  }
}
