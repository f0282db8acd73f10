import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { answerOf, digestInPath, manifestAnswer, noSuchManifest } from '../manifest-answer.js';
import { isClosed, ManifestDirectory } from '../manifest-info.js';
import { RegistryAccess } from '../registry-access.js';
import { nameInPath } from '../repository-answer.js';

/** GET of `/api/v1/registries/{r}/repositories/{name}/manifests/{digest}`; also for who may only pull quarantined images, of these. */
@Controller()
export class GetManifestController {
  constructor(
    private readonly access: RegistryAccess,
    private readonly manifests: ManifestDirectory,
  ) {}

  @Get('api/v1/registries/:registry/repositories/:name/manifests/:digest')
  @ForCaller()
  @Route({ statuses: [200, 401, 403, 404, 503], output: manifestAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) repository: string,
    @Param('digest', { schema: nameInPath }) digest: string,
  ) {
    const wanted = { registry, repository, action: 'metadata/read', orAction: 'quarantine/read' } as const;
    const { address, action } = await this.access.authorize(caller, wanted);
    const found = await this.manifests.find(address, digestInPath(digest));
    if (found === null || (action === 'quarantine/read' && !isClosed(found))) throw noSuchManifest();
    return answerOf(found);
  }
}
