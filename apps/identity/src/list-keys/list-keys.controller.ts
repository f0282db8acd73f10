import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import { signingKeyAnswer, signingKeyAnswerOf } from '../signing-key-answer.js';
import { ListKeys } from './list-keys.js';

/** Never more than a few: one in each period of rotation, until it ends. */
const keysAnswer = z.strictObject({ items: z.array(signingKeyAnswer), next: z.null() });

@Controller('api/v1/signing-keys')
export class ListKeysController {
  constructor(private readonly listKeys: ListKeys) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 403, 503], output: keysAnswer })
  async list(@CallerParam() caller: Caller): Promise<z.infer<typeof keysAnswer>> {
    return { items: (await this.listKeys.execute(caller)).map(signingKeyAnswerOf), next: null };
  }
}
