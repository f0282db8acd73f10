import { uuid } from '@berth/contracts';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import { passwordField } from '../chosen-password.js';
import { answerOfUser, userAnswer, type UserAnswer } from '../principal-answers.js';
import { principalName } from '../principal-name.js';
import { emailField } from '../user-fields.js';
import { CreateUser } from './create-user.js';

/** Nobody is made an operator, given roles or put into a group by being created. */
const newUser = z.strictObject({
  name: principalName,
  password: passwordField.optional(),
  email: emailField.nullable().default(null),
  /** For platform operators: another account than the caller's, and the users of one that is imported as legacy. */
  account: uuid.optional(),
  imported: z.boolean().default(false),
});

@Controller('api/v1/users')
export class CreateUserController {
  constructor(private readonly createUser: CreateUser) {}

  @Post()
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 409, 413, 429, 503], output: userAnswer })
  async create(
    @CallerParam() caller: Caller,
    @Body({ schema: newUser }) { password, account, ...body }: z.infer<typeof newUser>,
  ): Promise<UserAnswer> {
    return answerOfUser(
      await this.createUser.execute(caller, {
        ...body,
        password: password ?? null,
        account: account ?? null,
      }),
    );
  }
}
