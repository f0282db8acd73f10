import { instant } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Header, Inject, Post } from '@nestjs/common';
import { z } from 'zod';
import { DefinitionsCopy } from '../definitions-copy.js';
import { FederatedLease } from '../federated-lease.js';
import { personalTokenAnswer, personalTokenOf } from '../personal-token-answer.js';
import { slotNumber, tokenName } from '../repository-token.js';
import { registryAddress } from '../token-address.js';
import { msOf, tokenRepositories } from '../token-fields.js';
import { MintPersonalToken } from './mint-personal-token.js';

const newPersonalToken = z.strictObject({
  ...registryAddress.shape,
  name: tokenName,
  repositories: tokenRepositories,
  expiresAt: instant.nullable().default(null),
});
const mintedToken = personalTokenAnswer.extend({ slot: slotNumber, password: z.string() });

@Controller('api/v1/users/me/tokens')
export class MintPersonalTokenController {
  constructor(
    private readonly mintPersonalToken: MintPersonalToken,
    private readonly definitions: DefinitionsCopy,
    private readonly lease: FederatedLease,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The only answer that ever holds the password. */
  @Post()
  @Header('cache-control', 'no-store')
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 404, 409, 413, 503], output: mintedToken })
  async mint(
    @CallerParam() caller: Caller,
    @Body({ schema: newPersonalToken }) { expiresAt, ...wish }: z.infer<typeof newPersonalToken>,
  ): Promise<z.infer<typeof mintedToken>> {
    const wishedEndMs = msOf(expiresAt);
    if (wishedEndMs !== null && wishedEndMs <= this.clock()) {
      throw new AppError({ kind: 'malformed', code: 'past-end', message: 'expiresAt: must be in the future' });
    }
    const expiresAtMs = await this.lease.shorten(caller, wishedEndMs);
    const { token, password } = await this.mintPersonalToken.execute(caller, { ...wish, expiresAtMs });
    return { ...personalTokenOf(token, this.definitions.view), slot: 1, password };
  }
}
