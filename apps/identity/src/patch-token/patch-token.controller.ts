import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { DefinitionsCopy } from '../definitions-copy.js';
import { tokenAddress, type TokenAddress } from '../token-address.js';
import { answerOf, tokenAnswer, type TokenAnswer } from '../token-answer.js';
import { tokenPatch, type TokenPatch } from '../token-fields.js';
import { PatchToken } from './patch-token.js';

@Controller('api/v1/registries/:registry/tokens')
export class PatchTokenController {
  constructor(
    private readonly patchToken: PatchToken,
    private readonly definitions: DefinitionsCopy,
  ) {}

  @Patch(':name')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 409, 503], output: tokenAnswer })
  async patch(
    @CallerParam() caller: Caller,
    @Param({ schema: tokenAddress }) { registry, name }: TokenAddress,
    @Body({ schema: tokenPatch }) patch: TokenPatch,
  ): Promise<TokenAnswer> {
    const token = await this.patchToken.execute(caller, { registry, name, patch });
    return answerOf(token, this.definitions.view);
  }
}
