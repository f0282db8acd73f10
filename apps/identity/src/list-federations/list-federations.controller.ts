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
import { answerOfFederation, federationAnswer, type FederationAnswer } from '../federation-answer.js';
import { ListFederations } from './list-federations.js';

const listQuery = z.strictObject(pageQuery);

@Controller('api/v1/federations')
export class ListFederationsController {
  constructor(private readonly listFederations: ListFederations) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 503], output: pageOf(federationAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<FederationAnswer>> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.listFederations.execute(caller, { after: from, limit: limit + 1 });
    return toPage(found.map(answerOfFederation), limit, ({ name }) => name);
  }
}
