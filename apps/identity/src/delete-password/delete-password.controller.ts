import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { passwordAddress, type PasswordAddress } from '../token-address.js';
import { DeletePassword } from './delete-password.js';

@Controller('api/v1/registries/:registry/tokens')
export class DeletePasswordController {
  constructor(private readonly deletePassword: DeletePassword) {}

  @Delete(':name/passwords/:slot')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: passwordAddress }) { registry, name, slot }: PasswordAddress,
  ): Promise<void> {
    await this.deletePassword.execute(caller, { registry, name, slot });
  }
}
