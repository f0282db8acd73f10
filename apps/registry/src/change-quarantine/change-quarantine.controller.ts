import { storableText } from '@berth/contracts';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { z } from 'zod';
import { answerOf, manifestAnswer, noSuchManifest, parseState, quarantineStateName } from '../manifest-answer.js';
import { ManifestDirectory } from '../manifest-info.js';
import { nameInPath } from '../repository-answer.js';
import { ChangeQuarantine } from './change-quarantine.js';

const change = z.strictObject({
  quarantineState: quarantineStateName,
  quarantineDetails: storableText(4096).optional(),
});

/** PATCH of `/api/v1/registries/{r}/repositories/{name}/manifests/{digest}`. */
@Controller()
export class ChangeQuarantineController {
  constructor(
    private readonly changeQuarantine: ChangeQuarantine,
    private readonly manifests: ManifestDirectory,
  ) {}

  @Patch('api/v1/registries/:registry/repositories/:name/manifests/:digest')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 413, 503], output: manifestAnswer })
  async patch(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) repository: string,
    @Param('digest', { schema: nameInPath }) digest: string,
    @Body({ schema: change }) { quarantineState, quarantineDetails }: z.infer<typeof change>,
  ) {
    const changed = await this.changeQuarantine.execute(caller, {
      ...{ registry, repository, digest },
      state: parseState(quarantineState),
      details: quarantineDetails ?? null,
    });
    const found = await this.manifests.find(changed.address, changed.digest);
    // Deleted right after it was changed.
    if (found === null) throw noSuchManifest();
    return answerOf(found);
  }
}
