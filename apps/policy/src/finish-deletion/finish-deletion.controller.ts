import { registryEmptied, type RegistryEmptied } from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { FinishDeletion } from './finish-deletion.js';

/** POST of `/internal/registry-emptied`. */
@Controller()
export class FinishDeletionController {
  constructor(private readonly finishDeletion: FinishDeletion) {}

  @Post('internal/registry-emptied')
  @InternalOnly()
  @Route({ statuses: [204, 400, 404, 503] })
  async finish(@Body({ schema: registryEmptied }) emptied: RegistryEmptied): Promise<void> {
    await this.finishDeletion.execute(emptied);
  }
}
