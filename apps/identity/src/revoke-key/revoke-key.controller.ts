import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import type { z } from 'zod';
import { kidBody, signingKeyAnswer, signingKeyAnswerOf, type SigningKeyAnswer } from '../signing-key-answer.js';
import { RevokeKey } from './revoke-key.js';

@Controller('api/v1')
export class RevokeKeyController {
  constructor(private readonly revokeKey: RevokeKey) {}

  @Post('signing-keys::revoke')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: signingKeyAnswer })
  async revoke(
    @CallerParam() caller: Caller,
    @Body({ schema: kidBody }) { kid }: z.infer<typeof kidBody>,
  ): Promise<SigningKeyAnswer> {
    return signingKeyAnswerOf(await this.revokeKey.execute(caller, kid));
  }
}
