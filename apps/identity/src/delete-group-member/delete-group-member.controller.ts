import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { GroupChanges } from '../group-changes.js';
import { KnownGroups } from '../known-groups.js';
import { memberAddress, type MemberAddress } from '../principal-address.js';

@Controller('api/v1/groups')
export class DeleteGroupMemberController {
  constructor(
    private readonly groups: KnownGroups,
    private readonly changes: GroupChanges,
  ) {}

  /** The member loses what the group gave, at once. */
  @Delete(':id/members/:member')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 409, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: memberAddress }) { id, member }: MemberAddress,
  ): Promise<void> {
    await this.groups.changePlace(caller, { id, member }, (tx, by, place) => this.changes.remove(tx, by, place));
  }
}
