import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { z } from 'zod';
import { passwordField } from '../chosen-password.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { answerOfUser, userAnswer, type UserAnswer } from '../principal-answers.js';
import { emailField } from '../user-fields.js';
import { PatchUser } from './patch-user.js';

const userPatch = z.strictObject({
  email: emailField.nullable().optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
  /** Null = no log-in by password. */
  password: passwordField.nullable().optional(),
});

@Controller('api/v1/users')
export class PatchUserController {
  constructor(private readonly patchUser: PatchUser) {}

  @Patch(':id')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 409, 413, 429, 503], output: userAnswer })
  async patch(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
    @Body({ schema: userPatch }) patch: z.infer<typeof userPatch>,
  ): Promise<UserAnswer> {
    return answerOfUser(await this.patchUser.execute(caller, id, patch));
  }
}
