import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { KnownUsers } from '../known-users.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { answerOfUser, userAnswer, type UserAnswer } from '../principal-answers.js';

@Controller('api/v1/users')
export class GetUserController {
  constructor(private readonly users: KnownUsers) {}

  @Get(':id')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: userAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<UserAnswer> {
    return answerOfUser(await this.users.read(caller, id));
  }
}
