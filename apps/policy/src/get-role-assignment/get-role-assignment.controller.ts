import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { grantAddress, type GrantAddress } from '../grant-address.js';
import { assignmentAnswer, type AssignmentAnswer } from '../role-assignment-answer.js';
import { GetRoleAssignment } from './get-role-assignment.js';

/** GET of `/api/v1/role-assignments/{id}`. */
@Controller()
export class GetRoleAssignmentController {
  constructor(private readonly getRoleAssignment: GetRoleAssignment) {}

  @Get('api/v1/role-assignments/:id')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: assignmentAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: grantAddress }) { id }: GrantAddress,
  ): Promise<AssignmentAnswer> {
    return this.getRoleAssignment.execute(caller, id);
  }
}
