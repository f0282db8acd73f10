import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { DeleteRoleDefinition } from './delete-role-definition.js';

/** DELETE of `/api/v1/role-definitions/{id or name}`; 409 with the number of assignments while it is assigned. */
@Controller()
export class DeleteRoleDefinitionController {
  constructor(private readonly deleteRoleDefinition: DeleteRoleDefinition) {}

  @Delete('api/v1/role-definitions/:role')
  @ForCaller()
  @Route({ statuses: [204, 400, 401, 403, 404, 409, 503] })
  async delete(@CallerParam() caller: Caller, @Param('role', { schema: nameInPath }) role: string): Promise<void> {
    await this.deleteRoleDefinition.execute(caller, role);
  }
}
