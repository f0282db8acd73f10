import { CallerParam, decodeCursor, ForCaller, pageOf, Route, toPage, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { permissionsRequest, type PermissionsRequestBody } from '../decision-request.js';
import { ListPermissions } from './list-permissions.js';
import { permissionAnswer } from './permission-answer.js';

/** POST of `/api/v1/decisions:what-can`. */
@Controller()
export class ListPermissionsController {
  constructor(private readonly listPermissions: ListPermissions) {}

  @Post('api/v1/decisions::what-can')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: pageOf(permissionAnswer) })
  async list(@CallerParam() caller: Caller, @Body({ schema: permissionsRequest }) body: PermissionsRequestBody) {
    const { principal, registry, limit } = body;
    const after = body.after === undefined ? null : decodeCursor(body.after);
    const found = await this.listPermissions.execute(caller, { principal, registry, after, limit });
    const { items, next } = toPage(found, limit, ({ order }) => order);
    return { items: items.map(({ permission }) => permission), next };
  }
}
