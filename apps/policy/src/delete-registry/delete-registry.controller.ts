import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { DeleteRegistry } from './delete-registry.js';

/** DELETE of `/api/v1/registries/{r}`: 202, because its content goes after the answer. */
@Controller()
export class DeleteRegistryController {
  constructor(private readonly deleteRegistry: DeleteRegistry) {}

  @Delete('api/v1/registries/:registry')
  @ForCaller()
  @Route({ statuses: [202, 400, 401, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
  ): Promise<void> {
    await this.deleteRegistry.execute(caller, registry);
  }
}
