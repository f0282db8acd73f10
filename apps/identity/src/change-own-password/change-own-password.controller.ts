import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Put } from '@nestjs/common';
import { z } from 'zod';
import { passwordField } from '../chosen-password.js';
import { ChangeOwnPassword } from './change-own-password.js';

const passwordChange = z.strictObject({ current: z.string().max(1024), password: passwordField });

@Controller('api/v1/users/me/password')
export class ChangeOwnPasswordController {
  constructor(private readonly changeOwnPassword: ChangeOwnPassword) {}

  /** Everything that was issued for the old password ends. */
  @Put()
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 409, 413, 429, 503] })
  async change(
    @CallerParam() caller: Caller,
    @Body({ schema: passwordChange }) body: z.infer<typeof passwordChange>,
  ): Promise<void> {
    await this.changeOwnPassword.execute(caller, body);
  }
}
