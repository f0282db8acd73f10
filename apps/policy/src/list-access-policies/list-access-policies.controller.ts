import { storableText } from '@berth/contracts';
import { CallerParam, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { answerOf, policyAnswer } from '../access-policy-answer.js';
import { decodeIdCursor } from '../grant-cursor.js';
import { ListAccessPolicies } from './list-access-policies.js';

const query = z.strictObject({ ...pageQuery, subject: storableText(300).min(1).optional() });

/** GET of `/api/v1/access-policies?subject=`. */
@Controller()
export class ListAccessPoliciesController {
  constructor(private readonly listAccessPolicies: ListAccessPolicies) {}

  @Get('api/v1/access-policies')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 503], output: pageOf(policyAnswer) })
  async list(@CallerParam() caller: Caller, @Query({ schema: query }) asked: z.infer<typeof query>) {
    const { limit, after, subject = null } = asked;
    const found = await this.listAccessPolicies.execute(caller, { subject, limit, after: decodeIdCursor(after) });
    return toPage(found.map(answerOf), limit, ({ id }) => id);
  }
}
