import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { immutabilityAnswer, immutabilityAnswerOf, type ImmutabilityAnswer } from '../immutability-policy.js';
import { GetContentPolicy } from './get-content-policy.js';

/** GET of `/api/v1/registries/{r}/policies/immutability`. */
@Controller()
export class GetImmutabilityController {
  constructor(private readonly getContentPolicy: GetContentPolicy) {}

  @Get('api/v1/registries/:registry/policies/immutability')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: immutabilityAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
  ): Promise<ImmutabilityAnswer> {
    return immutabilityAnswerOf(await this.getContentPolicy.execute(caller, { registry, part: 'immutability' }));
  }
}
