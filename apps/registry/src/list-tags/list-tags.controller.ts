import { Controller, Get, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { ListTags } from './list-tags.js';

/** GET of `/v2/<name>/tags/list`. */
@Controller()
export class ListTagsController {
  constructor(private readonly listTags: ListTags) {}

  @Get(slicePaths.listTags)
  @ForDataPlane()
  @Route({ statuses: [200, 400, 401, 403, 404, 503] })
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, query } = routeTo(request.raw, 'tags');
    const { tags, next } = await this.listTags.list(callerOf(request), name, query);
    if (next !== null) {
      void reply.header(
        'link',
        `</v2/${name}/tags/list?n=${next.n}&last=${encodeURIComponent(next.last)}>; rel="next"`,
      );
    }
    void reply.header('content-type', 'application/json').send(JSON.stringify({ name, tags }));
  }
}
