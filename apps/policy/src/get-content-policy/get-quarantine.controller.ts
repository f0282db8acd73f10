import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { quarantineAnswer, quarantineAnswerOf, type QuarantineAnswer } from '../quarantine-policy.js';
import { GetContentPolicy } from './get-content-policy.js';

/** GET of `/api/v1/registries/{r}/policies/quarantine`. */
@Controller()
export class GetQuarantineController {
  constructor(private readonly getContentPolicy: GetContentPolicy) {}

  @Get('api/v1/registries/:registry/policies/quarantine')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: quarantineAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
  ): Promise<QuarantineAnswer> {
    return quarantineAnswerOf(await this.getContentPolicy.execute(caller, { registry, part: 'quarantine' }));
  }
}
