import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { GroupChanges } from '../group-changes.js';
import { KnownGroups } from '../known-groups.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';

@Controller('api/v1/groups')
export class DeleteGroupController {
  constructor(
    private readonly groups: KnownGroups,
    private readonly changes: GroupChanges,
  ) {}

  /** Its members lose what it gave, at once. */
  @Delete(':id')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<void> {
    const attempt = { id, action: 'groups/delete' } as const;
    await this.groups.change(caller, attempt, (tx, by, group) => this.changes.delete(tx, by, group));
  }
}
