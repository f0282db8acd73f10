import { instant, storableText } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Header, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { answerOfApiKey, apiKeyAnswer } from '../principal-answers.js';
import { msOf } from '../token-fields.js';
import { CreateApiKey } from './create-api-key.js';

const newApiKey = z.strictObject({
  name: storableText(128).min(1).nullable().default(null),
  expiresAt: instant.nullable().default(null),
});
const createdApiKey = apiKeyAnswer.extend({ apiKey: z.string() });

@Controller('api/v1/service-ids')
export class CreateApiKeyController {
  constructor(
    private readonly createApiKey: CreateApiKey,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The only answer that ever holds the key. */
  @Post(':id/api-keys')
  @Header('cache-control', 'no-store')
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 404, 409, 413, 503], output: createdApiKey })
  async create(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
    @Body({ schema: newApiKey }) { name, expiresAt }: z.infer<typeof newApiKey>,
  ): Promise<z.infer<typeof createdApiKey>> {
    const expiresAtMs = msOf(expiresAt);
    if (expiresAtMs !== null && expiresAtMs <= this.clock()) {
      throw new AppError({ kind: 'malformed', code: 'past-end', message: 'expiresAt: must be in the future' });
    }
    const { key, secret } = await this.createApiKey.execute(caller, id, { name, expiresAtMs });
    return { ...answerOfApiKey(key), apiKey: secret };
  }
}
