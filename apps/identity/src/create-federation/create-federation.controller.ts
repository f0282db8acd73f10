import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { answerOfFederation, federationAnswer, type FederationAnswer } from '../federation-answer.js';
import { CreateFederation } from './create-federation.js';
import { newFederation, type NewFederationBody } from './new-federation.js';

@Controller('api/v1/federations')
export class CreateFederationController {
  constructor(private readonly createFederation: CreateFederation) {}

  @Post()
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 409, 503], output: federationAnswer })
  async create(
    @CallerParam() caller: Caller,
    @Body({ schema: newFederation }) body: NewFederationBody,
  ): Promise<FederationAnswer> {
    const { name, issuer, audience = null, subject = null, claim = null, principal } = body;
    const workloadId = principal?.slice('workload:'.length) ?? null;
    const rule = { issuer, audience, subject, claim };
    return answerOfFederation(await this.createFederation.execute(caller, { name, rule, workloadId }));
  }
}
