import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { roleAnswer } from '../role-definition-answer.js';
import { ListRoleDefinitions } from './list-role-definitions.js';

const query = z.strictObject(pageQuery);

/** GET of `/api/v1/role-definitions`. */
@Controller()
export class ListRoleDefinitionsController {
  constructor(private readonly listRoleDefinitions: ListRoleDefinitions) {}

  @Get('api/v1/role-definitions')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 503], output: pageOf(roleAnswer) })
  async list(@CallerParam() caller: Caller, @Query({ schema: query }) { limit, after }: z.infer<typeof query>) {
    const page = { limit, after: after === undefined ? null : decodeCursor(after) };
    return toPage(await this.listRoleDefinitions.execute(caller, page), limit, ({ name }) => name);
  }
}
