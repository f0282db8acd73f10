import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { grantAddress, type GrantAddress } from '../grant-address.js';
import { DeleteAccessPolicy } from './delete-access-policy.js';

/** DELETE of `/api/v1/access-policies/{id}`. */
@Controller()
export class DeleteAccessPolicyController {
  constructor(private readonly deleteAccessPolicy: DeleteAccessPolicy) {}

  @Delete('api/v1/access-policies/:id')
  @ForCaller()
  @Route({ statuses: [204, 400, 401, 403, 404, 503] })
  async delete(@CallerParam() caller: Caller, @Param({ schema: grantAddress }) { id }: GrantAddress): Promise<void> {
    await this.deleteAccessPolicy.execute(caller, id);
  }
}
