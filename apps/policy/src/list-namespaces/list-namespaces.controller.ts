import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { nameInPath } from '../name-in-path.js';
import { answerOf, namespaceAnswer } from '../namespace-answer.js';
import { ListNamespaces } from './list-namespaces.js';

const query = z.strictObject(pageQuery);

/** GET of `/api/v1/registries/{r}/namespaces`. */
@Controller()
export class ListNamespacesController {
  constructor(private readonly listNamespaces: ListNamespaces) {}

  @Get('api/v1/registries/:registry/namespaces')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: pageOf(namespaceAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Query({ schema: query }) { limit, after }: z.infer<typeof query>,
  ) {
    const page = { registry, limit, after: after === undefined ? null : decodeCursor(after) };
    const { items, next } = toPage(await this.listNamespaces.execute(caller, page), limit, ({ name }) => name);
    return { items: items.map((namespace) => answerOf(namespace)), next };
  }
}
