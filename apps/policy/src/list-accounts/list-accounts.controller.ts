import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { accountAnswer, answerOf } from '../account-answer.js';
import { ListAccounts } from './list-accounts.js';

const query = z.strictObject(pageQuery);

/** GET of `/api/v1/accounts`. */
@Controller()
export class ListAccountsController {
  constructor(private readonly listAccounts: ListAccounts) {}

  @Get('api/v1/accounts')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 503], output: pageOf(accountAnswer) })
  async list(@CallerParam() caller: Caller, @Query({ schema: query }) { limit, after }: z.infer<typeof query>) {
    const page = { limit, after: after === undefined ? null : decodeCursor(after) };
    const { items, next } = toPage(await this.listAccounts.execute(caller, page), limit, ({ account }) => account.name);
    return { items: items.map(answerOf), next };
  }
}
