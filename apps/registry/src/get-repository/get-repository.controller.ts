import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Controller, Get, Param } from '@nestjs/common';
import { noSuchRepository, RegistryAccess } from '../registry-access.js';
import { nameInPath, repositoryAnswer } from '../repository-answer.js';
import { RepositoryStore } from '../repository.js';

/** GET of `/api/v1/registries/{r}/repositories/{name}`; the name URL-encoded. */
@Controller()
export class GetRepositoryController {
  constructor(
    private readonly access: RegistryAccess,
    private readonly repositories: RepositoryStore,
    private readonly db: Database,
  ) {}

  @Get('api/v1/registries/:registry/repositories/:name')
  @ForCaller()
  @Route({ statuses: [200, 401, 403, 404, 503], output: repositoryAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) repository: string,
  ) {
    const { address } = await this.access.authorize(caller, { registry, repository, action: 'metadata/read' });
    if ((await this.repositories.find(this.db, address)) === null) throw noSuchRepository();
    return { name: address.name };
  }
}
