import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { answerOf, registryAnswer } from '../registry-answer.js';
import { registryContent, type RegistryContent } from '../registry-content.js';
import { RegistryUpdate } from '../registry-update.js';

/** PATCH of `/api/v1/registries/{r}`. */
@Controller()
export class PatchRegistryController {
  constructor(private readonly update: RegistryUpdate) {}

  @Patch('api/v1/registries/:registry')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 409, 503], output: registryAnswer })
  async patch(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Body({ schema: registryContent }) next: RegistryContent,
  ) {
    return answerOf(await this.update.execute(caller, { registry, next }));
  }
}
