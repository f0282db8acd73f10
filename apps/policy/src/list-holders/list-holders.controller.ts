import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { holdersRequest, type HoldersRequestBody } from '../decision-request.js';
import { holdersAnswer } from './holders-answer.js';
import { ListHolders } from './list-holders.js';

/** POST of `/api/v1/decisions:who-can`. */
@Controller()
export class ListHoldersController {
  constructor(private readonly listHolders: ListHolders) {}

  @Post('api/v1/decisions::who-can')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 429, 503], output: holdersAnswer })
  async list(@CallerParam() caller: Caller, @Body({ schema: holdersRequest }) body: HoldersRequestBody) {
    return this.listHolders.execute(caller, body);
  }
}
