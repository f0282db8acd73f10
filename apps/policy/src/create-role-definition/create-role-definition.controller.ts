import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { answerOf, roleAnswer, type RoleAnswer } from '../role-definition-answer.js';
import { roleJson, type RoleJson } from '../role-definition-content.js';
import { CreateRoleDefinition } from './create-role-definition.js';

/** POST of `/api/v1/role-definitions`. */
@Controller()
export class CreateRoleDefinitionController {
  constructor(private readonly createRoleDefinition: CreateRoleDefinition) {}

  @Post('api/v1/role-definitions')
  @ForCaller()
  @Route({ statuses: [201, 400, 401, 403, 409, 413, 503], output: roleAnswer })
  async create(@CallerParam() caller: Caller, @Body({ schema: roleJson }) json: RoleJson): Promise<RoleAnswer> {
    const { role, holder } = await this.createRoleDefinition.execute(caller, json);
    return answerOf(holder.grants, role);
  }
}
