import { isRepositoryPattern } from '@berth/access';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import { anonymousAccessAnswer, answerOf, type AnonymousAccessAnswer } from '../anonymous-access-answer.js';
import { nameInPath } from '../name-in-path.js';
import { PutAnonymousAccess } from './put-anonymous-access.js';

const pattern = z
  .string()
  .refine(isRepositoryPattern, 'a repository name such as team/app, or a prefix such as team/*');
const body = z.strictObject({ repositories: z.array(pattern).max(100) });

/** PUT of `/api/v1/registries/{r}/policies/anonymous-access`. */
@Controller()
export class PutAnonymousAccessController {
  constructor(private readonly putAnonymousAccess: PutAnonymousAccess) {}

  @Put('api/v1/registries/:registry/policies/anonymous-access')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 413, 503], output: anonymousAccessAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Body({ schema: body }) { repositories }: z.infer<typeof body>,
  ): Promise<AnonymousAccessAnswer> {
    return answerOf(await this.putAnonymousAccess.execute(caller, { registry, repositories }));
  }
}
