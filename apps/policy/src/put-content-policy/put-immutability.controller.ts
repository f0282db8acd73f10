import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import {
  immutabilityAnswer,
  immutabilityAnswerOf,
  immutabilityBody,
  type ImmutabilityAnswer,
  type ImmutabilityBody,
} from '../immutability-policy.js';
import { PutContentPolicy } from './put-content-policy.js';

/** PUT of `/api/v1/registries/{r}/policies/immutability`. */
@Controller()
export class PutImmutabilityController {
  constructor(private readonly putContentPolicy: PutContentPolicy) {}

  @Put('api/v1/registries/:registry/policies/immutability')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 413, 503], output: immutabilityAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Body({ schema: immutabilityBody }) body: ImmutabilityBody,
  ): Promise<ImmutabilityAnswer> {
    const request = { registry, part: 'immutability', value: body.rules, asked: JSON.stringify(body) } as const;
    return immutabilityAnswerOf(await this.putContentPolicy.execute(caller, request));
  }
}
