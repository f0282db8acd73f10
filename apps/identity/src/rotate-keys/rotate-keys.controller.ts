import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import { signingKeyAnswer, signingKeyAnswerOf, type SigningKeyAnswer } from '../signing-key-answer.js';
import { RotateKeys } from './rotate-keys.js';

const rotation = z.strictObject({ to: z.string().min(1).max(64).nullable().default(null) });

@Controller('api/v1')
export class RotateKeysController {
  constructor(private readonly rotateKeys: RotateKeys) {}

  @Post('signing-keys::rotate')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 409, 503], output: signingKeyAnswer })
  async rotate(
    @CallerParam() caller: Caller,
    @Body({ schema: rotation.default({ to: null }) }) { to }: z.infer<typeof rotation>,
  ): Promise<SigningKeyAnswer> {
    return signingKeyAnswerOf(await this.rotateKeys.execute(caller, to));
  }
}
