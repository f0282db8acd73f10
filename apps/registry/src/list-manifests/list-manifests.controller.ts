import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { answerOf, manifestAnswer, parseState, quarantineStateName } from '../manifest-answer.js';
import { ManifestDirectory } from '../manifest-info.js';
import { noSuchRepository, RegistryAccess } from '../registry-access.js';
import { nameInPath } from '../repository-answer.js';

const query = z.strictObject({ ...pageQuery, quarantineState: quarantineStateName.optional() });

/** GET of `/api/v1/registries/{r}/repositories/{name}/manifests`, by digest; a scanner finds here what it is to look at, and nothing else. */
@Controller()
export class ListManifestsController {
  constructor(
    private readonly access: RegistryAccess,
    private readonly manifests: ManifestDirectory,
  ) {}

  @Get('api/v1/registries/:registry/repositories/:name/manifests')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: pageOf(manifestAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) repository: string,
    @Query({ schema: query }) { limit, after, quarantineState }: z.infer<typeof query>,
  ) {
    const wanted = { registry, repository, action: 'metadata/read', orAction: 'quarantine/read' } as const;
    const { address, action } = await this.access.authorize(caller, wanted);
    const state = quarantineState === undefined ? null : parseState(quarantineState);
    const page = { limit: limit + 1, after: after === undefined ? null : decodeCursor(after) };
    const onlyClosed = action === 'quarantine/read';
    const found = await this.manifests.page(address, { state, onlyClosed }, page);
    if (found === null) throw noSuchRepository();
    const { items, next } = toPage(found, limit, ({ digest }) => digest);
    return { items: items.map(answerOf), next };
  }
}
