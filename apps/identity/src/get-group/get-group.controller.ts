import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { KnownGroups } from '../known-groups.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { answerOfGroup, groupAnswer, type GroupAnswer } from '../principal-answers.js';

@Controller('api/v1/groups')
export class GetGroupController {
  constructor(private readonly groups: KnownGroups) {}

  @Get(':id')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: groupAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<GroupAnswer> {
    return answerOfGroup(await this.groups.read(caller, id));
  }
}
