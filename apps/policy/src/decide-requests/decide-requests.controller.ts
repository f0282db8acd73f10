import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import { decisionAnswer } from '../decision-answer.js';
import { decisionRequest } from '../decision-request.js';
import { DecideRequests } from './decide-requests.js';

const maxRequests = 1000;

const batch = z.strictObject({
  requests: z.array(decisionRequest).min(1).max(maxRequests, `at most ${maxRequests} requests at once`),
});

/** POST of `/api/v1/decisions`. */
@Controller()
export class DecideRequestsController {
  constructor(private readonly decideRequests: DecideRequests) {}

  @Post('api/v1/decisions')
  @ForCaller()
  @Route({
    statuses: [200, 400, 401, 403, 404, 413, 503],
    output: z.strictObject({ decisions: z.array(decisionAnswer) }),
  })
  async decide(@CallerParam() caller: Caller, @Body({ schema: batch }) { requests }: z.infer<typeof batch>) {
    return { decisions: await this.decideRequests.execute(caller, requests) };
  }
}
