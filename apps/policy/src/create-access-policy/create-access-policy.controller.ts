import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { answerOf, policyAnswer, type PolicyAnswer } from '../access-policy-answer.js';
import { contentOf, policyBody } from '../access-policy-content.js';
import { CreateAccessPolicy } from './create-access-policy.js';

/** POST of `/api/v1/access-policies`: 200 when there is one that says the same. */
@Controller()
export class CreateAccessPolicyController {
  constructor(private readonly createAccessPolicy: CreateAccessPolicy) {}

  @Post('api/v1/access-policies')
  @ForCaller()
  @Route({ statuses: [201, 200, 400, 401, 403, 413, 503], output: policyAnswer })
  async create(
    @CallerParam() caller: Caller,
    @Body({ schema: policyBody }) body: z.infer<typeof policyBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PolicyAnswer> {
    const { policy, isNew } = await this.createAccessPolicy.execute(caller, contentOf(body));
    if (!isNew) void reply.code(200);
    return answerOf(policy);
  }
}
