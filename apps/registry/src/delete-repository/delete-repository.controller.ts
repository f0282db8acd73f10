import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { nameInPath } from '../repository-answer.js';
import { DeleteRepository } from './delete-repository.js';

/** DELETE of `/api/v1/registries/{r}/repositories/{name}`; the name URL-encoded. */
@Controller()
export class DeleteRepositoryController {
  constructor(private readonly deleteRepository: DeleteRepository) {}

  @Delete('api/v1/registries/:registry/repositories/:name')
  @ForCaller()
  @Route({ statuses: [204, 401, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) repository: string,
  ): Promise<void> {
    await this.deleteRepository.execute(caller, { registry, repository });
  }
}
