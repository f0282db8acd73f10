import { accountEmptied, registryEmptied, type AccountEmptied, type RegistryEmptied } from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { FinishDeletion } from './finish-deletion.js';

/** POST of `/internal/registry-emptied` and `/internal/account-emptied`. */
@Controller('internal')
export class FinishDeletionController {
  constructor(private readonly finishDeletion: FinishDeletion) {}

  @Post('registry-emptied')
  @InternalOnly()
  @Route({ statuses: [204, 400, 404, 503] })
  async finish(@Body({ schema: registryEmptied }) emptied: RegistryEmptied): Promise<void> {
    await this.finishDeletion.execute(emptied);
  }

  @Post('account-emptied')
  @InternalOnly()
  @Route({ statuses: [204, 400, 404, 503] })
  async finishAccount(@Body({ schema: accountEmptied }) emptied: AccountEmptied): Promise<void> {
    await this.finishDeletion.ofAccount(emptied);
  }
}
