import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { KnownUsers } from '../known-users.js';
import { LastOperator } from '../last-operator.js';
import { isOneself } from '../own-user.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { UserChanges } from '../user-changes.js';

@Controller('api/v1/users')
export class DeleteUserController {
  constructor(
    private readonly users: KnownUsers,
    private readonly changes: UserChanges,
    private readonly lastOperator: LastOperator,
  ) {}

  /** Their log-ins end, their own tokens give nothing any more; a user of the same name is another one. */
  @Delete(':id')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 409, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<void> {
    await this.users.change(caller, { id, action: 'users/delete' }, async (tx, by, before) => {
      if (!isOneself(caller, id)) await this.users.requireHolds(tx, by, before);
      await this.lastOperator.requireAnother(tx, before);
      await this.changes.delete(tx, by, before);
    });
  }
}
