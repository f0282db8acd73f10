import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { answerOf, assignmentAnswer, type AssignmentAnswer } from '../role-assignment-answer.js';
import { newAssignment, type NewAssignment } from './assignment-content.js';
import { CreateRoleAssignment } from './create-role-assignment.js';

/** POST of `/api/v1/role-assignments`: 200 when there is one that says the same. */
@Controller()
export class CreateRoleAssignmentController {
  constructor(private readonly createRoleAssignment: CreateRoleAssignment) {}

  @Post('api/v1/role-assignments')
  @ForCaller()
  @Route({ statuses: [201, 200, 400, 401, 403, 413, 503], output: assignmentAnswer })
  async create(
    @CallerParam() caller: Caller,
    @Body({ schema: newAssignment }) wanted: NewAssignment,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AssignmentAnswer> {
    const created = await this.createRoleAssignment.execute(caller, wanted);
    if (!created.isNew) void reply.code(200);
    return answerOf(created.holder.grants, created);
  }
}
