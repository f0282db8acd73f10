import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get } from '@nestjs/common';
import { OwnUser } from '../own-user.js';
import { answerOfUser, userAnswer, type UserAnswer } from '../principal-answers.js';

@Controller('api/v1/users/me')
export class GetOwnUserController {
  constructor(private readonly own: OwnUser) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 403, 404, 503], output: userAnswer })
  async get(@CallerParam() caller: Caller): Promise<UserAnswer> {
    return answerOfUser(await this.own.find(caller));
  }
}
