import { uuid } from '@berth/contracts';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { z } from 'zod';
import { answerOfFederation, federationAnswer, type FederationAnswer } from '../federation-answer.js';
import { KnownFederations } from '../known-federations.js';

const address = z.strictObject({ id: uuid });

@Controller('api/v1/federations')
export class GetFederationController {
  constructor(private readonly federations: KnownFederations) {}

  @Get(':id')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: federationAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: address }) { id }: z.infer<typeof address>,
  ): Promise<FederationAnswer> {
    const { federation } = await this.federations.at(caller, { id, action: 'federations/read' });
    return answerOfFederation(federation);
  }
}
