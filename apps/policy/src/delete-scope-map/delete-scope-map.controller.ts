import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { nameInPath } from '../name-in-path.js';
import { DeleteScopeMap } from './delete-scope-map.js';

const query = z.strictObject({ force: z.enum(['true', 'false']).default('false') });

/** DELETE of `/api/v1/registries/{r}/scope-maps/{name}`; 409 with the number of tokens that use it, unless `?force=true`. */
@Controller()
export class DeleteScopeMapController {
  constructor(private readonly deleteScopeMap: DeleteScopeMap) {}

  @Delete('api/v1/registries/:registry/scope-maps/:name')
  @ForCaller()
  @Route({ statuses: [204, 400, 401, 403, 404, 409, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) name: string,
    @Query({ schema: query }) { force }: z.infer<typeof query>,
  ): Promise<void> {
    await this.deleteScopeMap.execute(caller, { registry, name, force: force === 'true' });
  }
}
