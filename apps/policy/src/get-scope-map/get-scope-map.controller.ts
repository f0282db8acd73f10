import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { countedScopeMapAnswer } from '../scope-map-answer.js';
import { nameInPath } from '../name-in-path.js';
import { GetScopeMap } from './get-scope-map.js';

/** GET of `/api/v1/registries/{r}/scope-maps/{name}`. */
@Controller()
export class GetScopeMapController {
  constructor(private readonly getScopeMap: GetScopeMap) {}

  @Get('api/v1/registries/:registry/scope-maps/:name')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: countedScopeMapAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) name: string,
  ) {
    return this.getScopeMap.execute(caller, registry, name);
  }
}
