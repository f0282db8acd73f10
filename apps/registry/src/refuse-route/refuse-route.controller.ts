import { All, Controller, Req, Res } from '@nestjs/common';
import { errorFormOf, OpenToAll, Route } from '@berth/http';
import { ociError } from '@berth/oci';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDataPlane, routeOf, slicePaths } from '../data-plane-request.js';

/** Every address below `/v2` that is malformed, unknown, or doesn't have the method that was used. */
@Controller()
export class RefuseRouteController {
  @All(slicePaths.refuse)
  @OpenToAll('the answer depends on the address alone, so it says the same to everybody')
  @Route({ statuses: [400, 404, 405, 414] })
  refuse(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (!isDataPlane(request.originalUrl)) return refuseDisguised(request, reply);
    const route = routeOf(request.raw);
    if (route.endpoint === 'unsupported') void reply.header('allow', route.allow.join(', '));
    throw ociError({ code: 'UNSUPPORTED' });
  }
}

/** An address that only a second decoding puts below `/v2`: errors have the form of the address as it was sent otherwise. */
function refuseDisguised(request: FastifyRequest, reply: FastifyReply): void {
  const { status, contentType, body } = errorFormOf('/v2/')(ociError({ code: 'NAME_UNKNOWN' }), request.id);
  void reply.code(status).header('content-type', contentType).header('cache-control', 'no-store');
  void reply.send(Buffer.from(JSON.stringify(body)));
}
