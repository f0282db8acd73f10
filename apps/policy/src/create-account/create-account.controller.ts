import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import { accountAnswer, answerOf } from '../account-answer.js';
import { accountName, userRef } from '../account.js';
import { regionName } from '../registry-content.js';
import { CreateAccount } from './create-account.js';

const newAccount = z.strictObject({
  name: accountName,
  owner: userRef.optional(),
  legacy: z.strictObject({ regions: z.array(regionName).min(1).max(100) }).optional(),
});

/** POST of `/api/v1/accounts`. */
@Controller()
export class CreateAccountController {
  constructor(private readonly createAccount: CreateAccount) {}

  @Post('api/v1/accounts')
  @ForCaller()
  @Route({ statuses: [201, 400, 401, 403, 409, 413, 503], output: accountAnswer })
  async create(
    @CallerParam() caller: Caller,
    @Body({ schema: newAccount }) { name, owner, legacy }: z.infer<typeof newAccount>,
  ) {
    const legacyRegions = [...new Set(legacy?.regions)];
    const account = await this.createAccount.execute(caller, { name, owner: owner ?? null, legacyRegions });
    return answerOf({ account, isDeleting: false });
  }
}
