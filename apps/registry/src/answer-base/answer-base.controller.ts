import { All, Controller, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import type { FastifyReply } from 'fastify';
import { slicePaths } from '../data-plane-request.js';

/**
 * `/v2/`: that this is a registry, and that the token is good, whatever it opens. Without one, the challenge that starts a
 * client's log-in.
 *
 * @source OCI distribution-spec 1.1 "Determining Support"
 */
@Controller()
export class AnswerBaseController {
  @All(slicePaths.base)
  @ForDataPlane()
  @Route({ statuses: [200, 401, 403] })
  answer(@Res() reply: FastifyReply): void {
    void reply.header('content-type', 'application/json').send('{}');
  }
}
