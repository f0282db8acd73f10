import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { scopeMapAnswer } from '../scope-map-answer.js';
import { nameInPath } from '../name-in-path.js';
import { ListScopeMaps } from './list-scope-maps.js';

const query = z.strictObject(pageQuery);

/** GET of `/api/v1/registries/{r}/scope-maps`. */
@Controller()
export class ListScopeMapsController {
  constructor(private readonly listScopeMaps: ListScopeMaps) {}

  @Get('api/v1/registries/:registry/scope-maps')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: pageOf(scopeMapAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Query({ schema: query }) { limit, after }: z.infer<typeof query>,
  ) {
    const page = { registry, limit, after: after === undefined ? null : decodeCursor(after) };
    return toPage(await this.listScopeMaps.execute(caller, page), limit, ({ name }) => name);
  }
}
