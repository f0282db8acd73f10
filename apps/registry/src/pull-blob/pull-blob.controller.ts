import { Controller, Get, Head, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import type { Blob } from '../blob.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { parseRange } from './byte-range.js';
import { PullBlob } from './pull-blob.js';
import { sendChunks } from './send-chunks.js';

/** GET and HEAD of `/v2/<name>/blobs/<digest>`. */
@Controller()
export class PullBlobController {
  constructor(private readonly pullBlob: PullBlob) {}

  @Get(slicePaths.pullBlob)
  @ForDataPlane()
  @Route({ statuses: [200, 206, 307, 401, 403, 404, 416, 503] })
  async pull(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const caller = callerOf(request);
    const { name, digest } = routeTo(request.raw, 'blob');
    const blob = await this.pullBlob.find(caller, { name, digest });
    const requested = parseRange(request.headers.range ?? null, blob.sizeBytes);
    if (requested.kind === 'unsatisfiable') {
      return void reply.code(416).header('content-range', `bytes */${blob.sizeBytes}`).send();
    }
    const address = await this.pullBlob.redirect(caller, { name, blob });
    if (address !== null) return sendAway(reply, blob, address);
    const range = requested.kind === 'part' ? requested.range : null;
    const content = await this.pullBlob.open(caller, { name, blob, range });
    describe(reply, blob);
    if (range !== null) {
      const length = range.end - range.start + 1;
      const contentRange = `bytes ${range.start}-${range.end}/${blob.sizeBytes}`;
      void reply.code(206).header('content-range', contentRange).header('content-length', length);
    }
    if (Buffer.isBuffer(content)) return void reply.send(content);
    const { bytes, isWhole, error } = await sendChunks(reply, content);
    if (!isWhole) await this.pullBlob.aborted(caller, { name, blob }, bytes);
    if (error !== null) throw error;
  }

  @Head(slicePaths.checkBlob)
  @ForDataPlane()
  @Route({ statuses: [200, 401, 403, 404, 503] })
  async check(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const blob = await this.pullBlob.check(callerOf(request), routeTo(request.raw, 'blob'));
    void describe(reply, blob).send();
  }
}

/** Not to be kept by anybody: the address opens the bytes to whoever has it. */
function sendAway(reply: FastifyReply, { digest }: Blob, address: string): void {
  void reply.code(307).header('location', address).header('docker-content-digest', digest);
  void reply.header('cache-control', 'no-store').header('content-length', 0).send();
}

/** A blob is whatever somebody pushed: no browser may take it for a page of ours. */
function describe(reply: FastifyReply, { digest, sizeBytes }: Blob): FastifyReply {
  return reply
    .header('docker-content-digest', digest)
    .header('etag', `"${digest}"`)
    .header('content-type', 'application/octet-stream')
    .header('content-disposition', 'attachment')
    .header('accept-ranges', 'bytes')
    .header('content-length', sizeBytes);
}
