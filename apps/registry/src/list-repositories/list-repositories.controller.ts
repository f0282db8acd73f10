import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { RegistryAccess } from '../registry-access.js';
import { nameInPath, repositoryAnswer } from '../repository-answer.js';
import { RepositoryStore } from '../repository.js';

const query = z.strictObject(pageQuery);

/** GET of `/api/v1/registries/{r}/repositories`: those of which the caller may read the metadata, by name. */
@Controller()
export class ListRepositoriesController {
  constructor(
    private readonly access: RegistryAccess,
    private readonly repositories: RepositoryStore,
  ) {}

  @Get('api/v1/registries/:registry/repositories')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 404, 503], output: pageOf(repositoryAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Query({ schema: query }) { limit, after }: z.infer<typeof query>,
  ) {
    const { selection, ...place } = this.access.visibleTo(caller, registry);
    const page = { limit: limit + 1, after: after === undefined ? null : decodeCursor(after) };
    const names = await this.repositories.names(place, selection, page);
    const { items, next } = toPage(names, limit, (name) => name);
    return { items: items.map((name) => ({ name })), next };
  }
}
