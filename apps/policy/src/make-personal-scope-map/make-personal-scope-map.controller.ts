import { personalScopeMapAnswer, personalScopeMapRequest, type PersonalScopeMapRequest } from '@berth/contracts';
import { CallerParam, ForCallerOfService, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Post } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { MakePersonalScopeMap } from './make-personal-scope-map.js';

/** Asked by identity alone, on policy's own port, and decided as the person it asks for. */
@Controller()
export class MakePersonalScopeMapController {
  constructor(private readonly makePersonalScopeMap: MakePersonalScopeMap) {}

  @Post('internal/registries/:registry/personal-scope-maps')
  @ForCallerOfService()
  @Route({ statuses: [200, 400, 401, 403, 404, 409, 413, 503], output: personalScopeMapAnswer })
  async make(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Body({ schema: personalScopeMapRequest }) { actions }: PersonalScopeMapRequest,
  ) {
    return { name: await this.makePersonalScopeMap.execute(caller, { registry, actions }) };
  }
}
