import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import {
  quarantineAnswer,
  quarantineAnswerOf,
  quarantineBody,
  quarantineOf,
  type QuarantineAnswer,
  type QuarantineBody,
} from '../quarantine-policy.js';
import { PutContentPolicy } from './put-content-policy.js';

/** PUT of `/api/v1/registries/{r}/policies/quarantine`. */
@Controller()
export class PutQuarantineController {
  constructor(private readonly putContentPolicy: PutContentPolicy) {}

  @Put('api/v1/registries/:registry/policies/quarantine')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 413, 503], output: quarantineAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Body({ schema: quarantineBody }) body: QuarantineBody,
  ): Promise<QuarantineAnswer> {
    const request = { registry, part: 'quarantine', value: quarantineOf(body), asked: JSON.stringify(body) } as const;
    return quarantineAnswerOf(await this.putContentPolicy.execute(caller, request));
  }
}
