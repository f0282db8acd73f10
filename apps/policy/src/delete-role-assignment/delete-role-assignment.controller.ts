import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { grantAddress, type GrantAddress } from '../grant-address.js';
import { DeleteRoleAssignment } from './delete-role-assignment.js';

/** DELETE of `/api/v1/role-assignments/{id}`; 409 for the last Owner of the account. */
@Controller()
export class DeleteRoleAssignmentController {
  constructor(private readonly deleteRoleAssignment: DeleteRoleAssignment) {}

  @Delete('api/v1/role-assignments/:id')
  @ForCaller()
  @Route({ statuses: [204, 400, 401, 403, 404, 409, 503] })
  async delete(@CallerParam() caller: Caller, @Param({ schema: grantAddress }) { id }: GrantAddress): Promise<void> {
    await this.deleteRoleAssignment.execute(caller, id);
  }
}
