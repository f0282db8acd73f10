import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { tokenAddress, type TokenAddress } from '../token-address.js';
import { DeleteToken } from './delete-token.js';

@Controller('api/v1/registries/:registry/tokens')
export class DeleteTokenController {
  constructor(private readonly deleteToken: DeleteToken) {}

  @Delete(':name')
  @ForCaller()
  @Route({ statuses: [204, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: tokenAddress }) { registry, name }: TokenAddress,
  ): Promise<void> {
    await this.deleteToken.execute(caller, { registry, name });
  }
}
