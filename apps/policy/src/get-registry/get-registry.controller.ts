import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { answerOf, registryAnswer } from '../registry-answer.js';
import { nameInPath } from '../name-in-path.js';
import { GetRegistry } from './get-registry.js';

/** GET of `/api/v1/registries/{r}`. */
@Controller()
export class GetRegistryController {
  constructor(private readonly getRegistry: GetRegistry) {}

  @Get('api/v1/registries/:registry')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: registryAnswer })
  async get(@CallerParam() caller: Caller, @Param('registry', { schema: nameInPath }) registry: string) {
    const { registry: found, isDeleting } = await this.getRegistry.execute(caller, registry);
    return answerOf(found, isDeleting ? 'deleting' : 'active');
  }
}
