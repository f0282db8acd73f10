import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Param, Put } from '@nestjs/common';
import { userRef } from '../account.js';
import { nameInPath } from '../name-in-path.js';
import { AppointOwner } from './appoint-owner.js';

/** PUT of `/api/v1/accounts/{a}/owners/user:{id}`. */
@Controller()
export class AppointOwnerController {
  constructor(private readonly appointOwner: AppointOwner) {}

  @Put('api/v1/accounts/:account/owners/:owner')
  @ForCaller()
  @Route({ statuses: [204, 400, 401, 403, 404, 409, 503] })
  async appoint(
    @CallerParam() caller: Caller,
    @Param('account', { schema: nameInPath }) name: string,
    @Param('owner', { schema: userRef }) owner: string,
  ): Promise<void> {
    await this.appointOwner.execute(caller, { name, owner });
  }
}
