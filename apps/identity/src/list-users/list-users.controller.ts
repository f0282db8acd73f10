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
import { KnownUsers } from '../known-users.js';
import { answerOfUser, userAnswer, type UserAnswer } from '../principal-answers.js';

const listQuery = z.strictObject(pageQuery);

@Controller('api/v1/users')
export class ListUsersController {
  constructor(private readonly users: KnownUsers) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 503], output: pageOf(userAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<UserAnswer>> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.users.page(caller, { after: from, limit: limit + 1 });
    return toPage(found.map(answerOfUser), limit, ({ name }) => name);
  }
}
