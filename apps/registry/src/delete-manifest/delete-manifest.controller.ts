import { Controller, Delete, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { DeleteManifest } from './delete-manifest.js';

/** DELETE of `/v2/<name>/manifests/<reference>`. */
@Controller()
export class DeleteManifestController {
  constructor(private readonly deleteManifest: DeleteManifest) {}

  @Delete(slicePaths.deleteManifest)
  @ForDataPlane()
  @Route({ statuses: [202, 400, 401, 403, 404, 405, 503] })
  async delete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.deleteManifest.delete(callerOf(request), routeTo(request.raw, 'manifest'));
    void reply.code(202).send();
  }
}
