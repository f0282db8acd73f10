import { Controller, Get, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import { referrersIndex } from '@berth/oci';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { ListReferrers } from './list-referrers.js';

/** GET of `/v2/<name>/referrers/<digest>`. */
@Controller()
export class ListReferrersController {
  constructor(private readonly listReferrers: ListReferrers) {}

  @Get(slicePaths.listReferrers)
  @ForDataPlane()
  @Route({ statuses: [200, 400, 401, 403, 503] })
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const route = routeTo(request.raw, 'referrers');
    const { name, digest, query } = route;
    const { referrers, next } = await this.listReferrers.list(callerOf(request), route);
    if (query.artifactType !== null) void reply.header('oci-filters-applied', 'artifactType');
    if (next !== null) {
      const filter = query.artifactType === null ? '' : `&artifactType=${encodeURIComponent(query.artifactType)}`;
      const path = `/v2/${name}/referrers/${digest}?n=${next.n}&last=${encodeURIComponent(next.last)}${filter}`;
      void reply.header('link', `<${path}>; rel="next"`);
    }
    const { mediaType, document } = referrersIndex(referrers);
    void reply.header('content-type', mediaType).send(document);
  }
}
