import {
  CallerParam,
  decodeCursor,
  ForCaller,
  pageOf,
  pageQuery,
  Route,
  toPage,
  type Caller,
  type Page,
} from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { memberRefOf } from '../group.js';
import { KnownGroups } from '../known-groups.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { memberAnswer, type MemberAnswer } from '../principal-answers.js';

const listQuery = z.strictObject(pageQuery);

@Controller('api/v1/groups')
export class ListGroupMembersController {
  constructor(private readonly groups: KnownGroups) {}

  @Get(':id/members')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: pageOf(memberAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<MemberAnswer>> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.groups.members(caller, id, { after: from, limit: limit + 1 });
    const answers = found.map((member) => ({ member: memberRefOf(member), name: member.name }));
    return toPage(answers, limit, ({ member }) => member);
  }
}
