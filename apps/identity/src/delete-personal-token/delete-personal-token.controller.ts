import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { OwnTokens } from '../own-tokens.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { TokenChanges } from '../token-changes.js';

@Controller('api/v1/users/me/tokens')
export class DeletePersonalTokenController {
  constructor(
    private readonly own: OwnTokens,
    private readonly changes: TokenChanges,
  ) {}

  /** What was issued for it ends. */
  @Delete(':id')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<void> {
    await this.own.change(caller, id, (tx, by, before) => this.changes.delete(tx, by, before));
  }
}
