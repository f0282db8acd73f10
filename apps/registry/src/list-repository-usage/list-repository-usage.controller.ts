import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { RegistryAccess } from '../registry-access.js';
import { nameInPath } from '../repository-answer.js';
import { RepositoryStore } from '../repository.js';
import { UsageStore } from '../usage.js';

const query = z.strictObject(pageQuery);
const answer = z.strictObject({ name: z.string(), usedBytes: z.int() });

/**
 * GET of `/api/v1/registries/{r}/usage/repositories`: how much the repositories hold of which the caller may read the
 * metadata, by name. What several of them share is counted in each.
 */
@Controller()
export class ListRepositoryUsageController {
  constructor(
    private readonly access: RegistryAccess,
    private readonly repositories: RepositoryStore,
    private readonly usage: UsageStore,
  ) {}

  @Get('api/v1/registries/:registry/usage/repositories')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 404, 503], output: pageOf(answer) })
  async list(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Query({ schema: query }) { limit, after }: z.infer<typeof query>,
  ) {
    const { selection, ...place } = this.access.visibleTo(caller, registry);
    const page = { limit: limit + 1, after: after === undefined ? null : decodeCursor(after) };
    const names = await this.repositories.names(place, selection, page);
    const { items, next } = toPage(names, limit, (name) => name);
    return { items: [...(await this.usage.ofRepositories(place, items))], next };
  }
}
