import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { nameInPath } from '../name-in-path.js';
import { answerOf, roleAnswer, type RoleAnswer } from '../role-definition-answer.js';
import { roleJson, type RoleJson } from '../role-definition-content.js';
import { PutRoleDefinition } from './put-role-definition.js';

/** PUT and PATCH of `/api/v1/role-definitions/{id or name}`: 201 when it is new, else 200. */
@Controller()
export class PutRoleDefinitionController {
  constructor(private readonly putRoleDefinition: PutRoleDefinition) {}

  @Put('api/v1/role-definitions/:role')
  @ForCaller()
  @Route({ statuses: [200, 201, 400, 401, 403, 404, 409, 413, 503], output: roleAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('role', { schema: nameInPath }) role: string,
    @Body({ schema: roleJson }) json: RoleJson,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RoleAnswer> {
    const written = await this.putRoleDefinition.execute(caller, { role, json, replaces: 'all' });
    if (written.isNew) void reply.code(201);
    return answerOf(written.holder.grants, written.role);
  }

  @Patch('api/v1/role-definitions/:role')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 409, 413, 503], output: roleAnswer })
  async patch(
    @CallerParam() caller: Caller,
    @Param('role', { schema: nameInPath }) role: string,
    @Body({ schema: roleJson }) json: RoleJson,
  ): Promise<RoleAnswer> {
    const written = await this.putRoleDefinition.execute(caller, { role, json, replaces: 'part' });
    return answerOf(written.holder.grants, written.role);
  }
}
