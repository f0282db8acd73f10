import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import { answerOfServiceId, serviceIdAnswer, type ServiceIdAnswer } from '../principal-answers.js';
import { principalName } from '../principal-name.js';
import { CreateServiceId } from './create-service-id.js';

const newServiceId = z.strictObject({ name: principalName });

@Controller('api/v1/service-ids')
export class CreateServiceIdController {
  constructor(private readonly createServiceId: CreateServiceId) {}

  @Post()
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 409, 413, 503], output: serviceIdAnswer })
  async create(
    @CallerParam() caller: Caller,
    @Body({ schema: newServiceId }) { name }: z.infer<typeof newServiceId>,
  ): Promise<ServiceIdAnswer> {
    return answerOfServiceId(await this.createServiceId.execute(caller, name));
  }
}
