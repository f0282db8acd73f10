import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { answerOf, scopeMapAnswer } from '../scope-map-answer.js';
import { scopeMapPatch, type ScopeMapPatch } from '../scope-map-content.js';
import { nameInPath } from '../name-in-path.js';
import { PatchScopeMap } from './patch-scope-map.js';

/** PATCH of `/api/v1/registries/{r}/scope-maps/{name}`. */
@Controller()
export class PatchScopeMapController {
  constructor(private readonly patchScopeMap: PatchScopeMap) {}

  @Patch('api/v1/registries/:registry/scope-maps/:name')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 409, 413, 503], output: scopeMapAnswer })
  async patch(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) name: string,
    @Body({ schema: scopeMapPatch }) patch: ScopeMapPatch,
  ) {
    return answerOf(await this.patchScopeMap.execute(caller, { registry, name, patch }));
  }
}
