import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Param, Put } from '@nestjs/common';
import { memberAddress, type MemberAddress } from '../principal-address.js';
import { PutGroupMember } from './put-group-member.js';

@Controller('api/v1/groups')
export class PutGroupMemberController {
  constructor(private readonly putGroupMember: PutGroupMember) {}

  @Put(':id/members/:member')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 409, 503] })
  async put(
    @CallerParam() caller: Caller,
    @Param({ schema: memberAddress }) { id, member }: MemberAddress,
  ): Promise<void> {
    await this.putGroupMember.execute(caller, { id, member });
  }
}
