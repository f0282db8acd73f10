import { CallerParam, ForCaller, pageOf, Route, type Caller, type Page } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { KnownServiceIds } from '../known-service-ids.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { answerOfApiKey, apiKeyAnswer, type ApiKeyAnswer } from '../principal-answers.js';

@Controller('api/v1/service-ids')
export class ListApiKeysController {
  constructor(private readonly services: KnownServiceIds) {}

  /** All of them, since they are few; none with its key. */
  @Get(':id/api-keys')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: pageOf(apiKeyAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<Page<ApiKeyAnswer>> {
    return { items: (await this.services.keys(caller, id)).map(answerOfApiKey), next: null };
  }
}
