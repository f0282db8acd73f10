import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put } from '@nestjs/common';
import type { z } from 'zod';
import { answerOf, policyAnswer, type PolicyAnswer } from '../access-policy-answer.js';
import { contentOf, policyBody } from '../access-policy-content.js';
import { grantAddress, type GrantAddress } from '../grant-address.js';
import { PutAccessPolicy } from './put-access-policy.js';

/** PUT of `/api/v1/access-policies/{id}`. */
@Controller()
export class PutAccessPolicyController {
  constructor(private readonly putAccessPolicy: PutAccessPolicy) {}

  @Put('api/v1/access-policies/:id')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 413, 503], output: policyAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param({ schema: grantAddress }) { id }: GrantAddress,
    @Body({ schema: policyBody }) body: z.infer<typeof policyBody>,
  ): Promise<PolicyAnswer> {
    return answerOf(await this.putAccessPolicy.execute(caller, id, contentOf(body)));
  }
}
