import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get } from '@nestjs/common';
import { enforcementAnswer } from '../enforcement-answer.js';
import { GetEnforcement } from './get-enforcement.js';

/** GET of `/api/v1/enforcement`. */
@Controller()
export class GetEnforcementController {
  constructor(private readonly getEnforcement: GetEnforcement) {}

  @Get('api/v1/enforcement')
  @ForCaller()
  @Route({ statuses: [200, 401, 403, 503], output: enforcementAnswer })
  async get(@CallerParam() caller: Caller) {
    return this.getEnforcement.execute(caller);
  }
}
