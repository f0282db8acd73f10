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
import { KnownGroups } from '../known-groups.js';
import { answerOfGroup, groupAnswer, type GroupAnswer } from '../principal-answers.js';

const listQuery = z.strictObject(pageQuery);

@Controller('api/v1/groups')
export class ListGroupsController {
  constructor(private readonly groups: KnownGroups) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 503], output: pageOf(groupAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<GroupAnswer>> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.groups.page(caller, { after: from, limit: limit + 1 });
    return toPage(found.map(answerOfGroup), limit, ({ name }) => name);
  }
}
