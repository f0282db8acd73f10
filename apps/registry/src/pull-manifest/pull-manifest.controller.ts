import { Controller, Get, Head, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import type { ManifestHead } from '../manifest.js';
import { isHeldByCaller } from './if-none-match.js';
import { PullManifest } from './pull-manifest.js';

/** GET and HEAD of `/v2/<name>/manifests/<reference>`. */
@Controller()
export class PullManifestController {
  constructor(private readonly pullManifest: PullManifest) {}

  @Get(slicePaths.pullManifest)
  @ForDataPlane()
  @Route({ statuses: [200, 304, 401, 403, 404, 503] })
  async pull(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const wanted = routeTo(request.raw, 'manifest');
    const held = request.headers['if-none-match'];
    if (held !== undefined) {
      const unchanged = await this.pullManifest.check(callerOf(request), wanted, ({ digest }) =>
        isHeldByCaller(held, digest),
      );
      if (unchanged !== null) return void describe(reply.code(304), unchanged).send();
    }
    const manifest = await this.pullManifest.pull(callerOf(request), wanted);
    void describe(reply, manifest).header('content-type', manifest.mediaType).send(manifest.content);
  }

  @Head(slicePaths.checkManifest)
  @ForDataPlane()
  @Route({ statuses: [200, 401, 403, 404, 503] })
  async check(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const head = await this.pullManifest.check(callerOf(request), routeTo(request.raw, 'manifest'));
    if (head === null) return;
    void describe(reply, head).header('content-type', head.mediaType).header('content-length', head.sizeBytes).send();
  }
}

function describe(reply: FastifyReply, { digest }: ManifestHead): FastifyReply {
  return reply.header('docker-content-digest', digest).header('etag', `"${digest}"`);
}
