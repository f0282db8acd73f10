import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import { answerOfGroup, groupAnswer, type GroupAnswer } from '../principal-answers.js';
import { groupName } from '../principal-name.js';
import { CreateGroup } from './create-group.js';

const newGroup = z.strictObject({ name: groupName });

@Controller('api/v1/groups')
export class CreateGroupController {
  constructor(private readonly createGroup: CreateGroup) {}

  @Post()
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 409, 413, 503], output: groupAnswer })
  async create(
    @CallerParam() caller: Caller,
    @Body({ schema: newGroup }) { name }: z.infer<typeof newGroup>,
  ): Promise<GroupAnswer> {
    return answerOfGroup(await this.createGroup.execute(caller, name));
  }
}
