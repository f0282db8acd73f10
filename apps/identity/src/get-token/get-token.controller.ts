import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { DefinitionsCopy } from '../definitions-copy.js';
import { LastUses, usedTokenAnswer, type UsedTokenAnswer } from '../last-uses.js';
import { tokenAddress, type TokenAddress } from '../token-address.js';
import { answerOf } from '../token-answer.js';
import { GetToken } from './get-token.js';

@Controller('api/v1/registries/:registry/tokens')
export class GetTokenController {
  constructor(
    private readonly getToken: GetToken,
    private readonly definitions: DefinitionsCopy,
    private readonly lastUses: LastUses,
  ) {}

  @Get(':name')
  @ForCaller()
  @Route({ statuses: [200, 403, 404, 503], output: usedTokenAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: tokenAddress }) { registry, name }: TokenAddress,
  ): Promise<UsedTokenAnswer> {
    const answer = answerOf(await this.getToken.execute(caller, { registry, name }), this.definitions.view);
    const [used = answer] = await this.lastUses.join([answer]);
    return used;
  }
}
