import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { accountAnswer, answerOf } from '../account-answer.js';
import { nameInPath } from '../name-in-path.js';
import { GetAccount } from './get-account.js';

/** GET of `/api/v1/accounts/{a}`. */
@Controller()
export class GetAccountController {
  constructor(private readonly getAccount: GetAccount) {}

  @Get('api/v1/accounts/:account')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: accountAnswer })
  async get(@CallerParam() caller: Caller, @Param('account', { schema: nameInPath }) account: string) {
    return answerOf(await this.getAccount.execute(caller, account));
  }
}
