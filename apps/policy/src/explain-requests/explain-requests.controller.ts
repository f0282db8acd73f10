import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import { decisionRequest } from '../decision-request.js';
import { ExplainRequests } from './explain-requests.js';
import { explanationAnswer } from './explanation-answer.js';

/** Fewer than decisions: each may name a hundred definitions. */
const maxRequests = 100;

const batch = z.strictObject({
  requests: z.array(decisionRequest).min(1).max(maxRequests, `at most ${maxRequests} requests at once`),
});

/** POST of `/api/v1/decisions:explain`. */
@Controller()
export class ExplainRequestsController {
  constructor(private readonly explainRequests: ExplainRequests) {}

  @Post('api/v1/decisions::explain')
  @ForCaller()
  @Route({
    statuses: [200, 400, 401, 403, 404, 413, 503],
    output: z.strictObject({ decisions: z.array(explanationAnswer) }),
  })
  async explain(@CallerParam() caller: Caller, @Body({ schema: batch }) { requests }: z.infer<typeof batch>) {
    return { decisions: await this.explainRequests.execute(caller, requests) };
  }
}
