import { Controller, Get, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { ListCatalog } from './list-catalog.js';

/** GET of `/v2/_catalog`. */
@Controller()
export class ListCatalogController {
  constructor(private readonly listCatalog: ListCatalog) {}

  @Get(slicePaths.listCatalog)
  @ForDataPlane()
  @Route({ statuses: [200, 400, 401, 403, 503] })
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { query } = routeTo(request.raw, 'catalog');
    const { repositories, next } = await this.listCatalog.list(callerOf(request), query);
    if (next !== null) {
      void reply.header('link', `</v2/_catalog?n=${next.n}&last=${encodeURIComponent(next.last)}>; rel="next"`);
    }
    void reply.header('content-type', 'application/json').send(JSON.stringify({ repositories }));
  }
}
