import { Controller, Delete, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { DeleteBlob } from './delete-blob.js';

/** DELETE of `/v2/<name>/blobs/<digest>`. */
@Controller()
export class DeleteBlobController {
  constructor(private readonly deleteBlob: DeleteBlob) {}

  @Delete(slicePaths.deleteBlob)
  @ForDataPlane()
  @Route({ statuses: [202, 400, 401, 403, 404, 405, 503] })
  async delete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.deleteBlob.delete(callerOf(request), routeTo(request.raw, 'blob'));
    void reply.code(202).send();
  }
}
