import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { KnownServiceIds } from '../known-service-ids.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { answerOfServiceId, serviceIdAnswer, type ServiceIdAnswer } from '../principal-answers.js';

@Controller('api/v1/service-ids')
export class GetServiceIdController {
  constructor(private readonly services: KnownServiceIds) {}

  @Get(':id')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: serviceIdAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<ServiceIdAnswer> {
    return answerOfServiceId(await this.services.read(caller, id));
  }
}
