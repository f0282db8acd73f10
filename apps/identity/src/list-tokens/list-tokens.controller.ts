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
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { DefinitionsCopy } from '../definitions-copy.js';
import { registryAddress, type RegistryAddress } from '../token-address.js';
import { answerOf, tokenAnswer, type TokenAnswer } from '../token-answer.js';
import { ListTokens } from './list-tokens.js';

const listQuery = z.strictObject(pageQuery);

@Controller('api/v1/registries/:registry/tokens')
export class ListTokensController {
  constructor(
    private readonly listTokens: ListTokens,
    private readonly definitions: DefinitionsCopy,
  ) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: pageOf(tokenAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param({ schema: registryAddress }) { registry }: RegistryAddress,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<TokenAnswer>> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.listTokens.execute(caller, { registry, after: from, limit: limit + 1 });
    const answers = found.map((token) => answerOf(token, this.definitions.view));
    return toPage(answers, limit, ({ name }) => name);
  }
}
