import { uuid } from '@berth/contracts';
import {
  CallerParam,
  decodeCursor,
  ForCaller,
  pageOf,
  pageQuery,
  Route,
  toPage,
  type Caller,
  type Page,
} from '@berth/http';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { DefinitionsCopy } from '../definitions-copy.js';
import { OwnTokens } from '../own-tokens.js';
import { personalTokenAnswer, personalTokenOf, type PersonalTokenAnswer } from '../personal-token-answer.js';

const listQuery = z.strictObject({
  ...pageQuery,
  after: pageQuery.after
    .transform((cursor) => (cursor === undefined ? undefined : decodeCursor(cursor)))
    .pipe(uuid.optional()),
});

@Controller('api/v1/users/me/tokens')
export class ListPersonalTokensController {
  constructor(
    private readonly own: OwnTokens,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /** All tokens that give what the caller holds, the oldest first, whoever made them. */
  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 503], output: pageOf(personalTokenAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<PersonalTokenAnswer>> {
    const found = await this.own.page(caller, { after: after ?? null, limit: limit + 1 });
    const answers = found.map((token) => personalTokenOf(token, this.definitions.view));
    return toPage(answers, limit, ({ id }) => id);
  }
}
