import { storableText } from '@berth/contracts';
import { CallerParam, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { decodeIdCursor } from '../grant-cursor.js';
import { assignmentAnswer } from '../role-assignment-answer.js';
import { ListRoleAssignments } from './list-role-assignments.js';

const query = z.strictObject({
  ...pageQuery,
  principal: storableText(300).min(1).optional(),
  role: storableText(128).min(1).optional(),
  scope: storableText(1000).min(1).optional(),
});

/** GET of `/api/v1/role-assignments?principal=&role=&scope=`. */
@Controller()
export class ListRoleAssignmentsController {
  constructor(private readonly listRoleAssignments: ListRoleAssignments) {}

  @Get('api/v1/role-assignments')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 503], output: pageOf(assignmentAnswer) })
  async list(@CallerParam() caller: Caller, @Query({ schema: query }) asked: z.infer<typeof query>) {
    const { limit, after, principal = null, role = null, scope = null } = asked;
    const request = { principal, role, scope, limit, after: decodeIdCursor(after) };
    return toPage(await this.listRoleAssignments.execute(caller, request), limit, ({ id }) => id);
  }
}
