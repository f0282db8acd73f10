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
import { KnownServiceIds } from '../known-service-ids.js';
import { answerOfServiceId, serviceIdAnswer, type ServiceIdAnswer } from '../principal-answers.js';

const listQuery = z.strictObject(pageQuery);

@Controller('api/v1/service-ids')
export class ListServiceIdsController {
  constructor(private readonly services: KnownServiceIds) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 503], output: pageOf(serviceIdAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<ServiceIdAnswer>> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.services.page(caller, { after: from, limit: limit + 1 });
    return toPage(found.map(answerOfServiceId), limit, ({ name }) => name);
  }
}
