import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { DeleteAccount } from './delete-account.js';

/** DELETE of `/api/v1/accounts/{a}`: 202, because those who are in it go after the answer. */
@Controller()
export class DeleteAccountController {
  constructor(private readonly deleteAccount: DeleteAccount) {}

  @Delete('api/v1/accounts/:account')
  @ForCaller()
  @Route({ statuses: [202, 400, 401, 403, 404, 409, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param('account', { schema: nameInPath }) account: string,
  ): Promise<void> {
    await this.deleteAccount.execute(caller, account);
  }
}
