import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { roleAnswer, type RoleAnswer } from '../role-definition-answer.js';
import { GetRoleDefinition } from './get-role-definition.js';

/** GET of `/api/v1/role-definitions/{id or name}`. */
@Controller()
export class GetRoleDefinitionController {
  constructor(private readonly getRoleDefinition: GetRoleDefinition) {}

  @Get('api/v1/role-definitions/:role')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: roleAnswer })
  async get(@CallerParam() caller: Caller, @Param('role', { schema: nameInPath }) role: string): Promise<RoleAnswer> {
    return this.getRoleDefinition.execute(caller, role);
  }
}
