import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { z } from 'zod';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { answerOfServiceId, serviceIdAnswer, type ServiceIdAnswer } from '../principal-answers.js';
import { PatchServiceId } from './patch-service-id.js';

const serviceIdPatch = z.strictObject({ status: z.enum(['enabled', 'disabled']) });

@Controller('api/v1/service-ids')
export class PatchServiceIdController {
  constructor(private readonly patchServiceId: PatchServiceId) {}

  @Patch(':id')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 413, 503], output: serviceIdAnswer })
  async patch(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
    @Body({ schema: serviceIdPatch }) { status }: z.infer<typeof serviceIdPatch>,
  ): Promise<ServiceIdAnswer> {
    return answerOfServiceId(await this.patchServiceId.execute(caller, id, status));
  }
}
