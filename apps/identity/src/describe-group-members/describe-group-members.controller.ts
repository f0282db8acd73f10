import {
  groupMembersAnswer,
  groupMembersQuery,
  uuid,
  type GroupMembersAnswer,
  type GroupMembersQuery,
} from '@berth/contracts';
import { decodeCursor, InternalOnly, Route, toPage } from '@berth/http';
import { Database } from '@berth/persistence';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { PRINCIPAL_STORE, type PrincipalStore } from '../principal.js';

const groupAddress = z.object({ id: uuid });

@Controller('internal/groups/:id/members')
export class DescribeGroupMembersController {
  constructor(
    @Inject(PRINCIPAL_STORE) private readonly principals: PrincipalStore,
    private readonly db: Database,
  ) {}

  /** Who is in a group; policy asks to say who can do something. A group that is not there has nobody in it. */
  @Get()
  @InternalOnly()
  @Route({ statuses: [200, 400, 503], output: groupMembersAnswer })
  async describe(
    @Param({ schema: groupAddress }) { id: groupId }: z.infer<typeof groupAddress>,
    @Query({ schema: groupMembersQuery }) { limit, after }: GroupMembersQuery,
  ): Promise<GroupMembersAnswer> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.principals.members(this.db, { groupId, after: from, limit: limit + 1 });
    const { items, next } = toPage(found, limit, ({ ref }) => ref);
    return { items: [...items], next };
  }
}
