import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { answerOf, scopeMapAnswer } from '../scope-map-answer.js';
import { wholeScopeMap, type WholeScopeMap } from '../scope-map-content.js';
import { scopeMapName } from '../scope-map.js';
import { nameInPath } from '../name-in-path.js';
import { PutScopeMap } from './put-scope-map.js';

/** PUT of `/api/v1/registries/{r}/scope-maps/{name}`: 201 when it is new, else 200. */
@Controller()
export class PutScopeMapController {
  constructor(private readonly putScopeMap: PutScopeMap) {}

  @Put('api/v1/registries/:registry/scope-maps/:name')
  @ForCaller()
  @Route({ statuses: [200, 201, 400, 401, 403, 404, 413, 503], output: scopeMapAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: scopeMapName }) name: string,
    @Body({ schema: wholeScopeMap }) content: WholeScopeMap,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { map, isNew } = await this.putScopeMap.execute(caller, { registry, name, content });
    if (isNew) void reply.code(201);
    return answerOf(map);
  }
}
