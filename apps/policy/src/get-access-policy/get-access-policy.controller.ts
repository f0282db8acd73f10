import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { answerOf, policyAnswer, type PolicyAnswer } from '../access-policy-answer.js';
import { grantAddress, type GrantAddress } from '../grant-address.js';
import { GetAccessPolicy } from './get-access-policy.js';

/** GET of `/api/v1/access-policies/{id}`. */
@Controller()
export class GetAccessPolicyController {
  constructor(private readonly getAccessPolicy: GetAccessPolicy) {}

  @Get('api/v1/access-policies/:id')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: policyAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: grantAddress }) { id }: GrantAddress,
  ): Promise<PolicyAnswer> {
    return answerOf(await this.getAccessPolicy.execute(caller, id));
  }
}
