import { storableText } from '@berth/contracts';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import { regionAnswer, type RegionAnswer } from '../enforcement-answer.js';
import { PutEnforcement } from './put-enforcement.js';

const body = z.strictObject({ enforced: z.boolean() });

/** PUT of `/api/v1/enforcement/{region}`: 409 for what would switch it off. */
@Controller()
export class PutEnforcementController {
  constructor(private readonly putEnforcement: PutEnforcement) {}

  @Put('api/v1/enforcement/:region')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 409, 413, 503], output: regionAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('region', { schema: storableText(255).min(1) }) region: string,
    @Body({ schema: body }) { enforced }: z.infer<typeof body>,
  ): Promise<RegionAnswer> {
    return this.putEnforcement.execute(caller, { region, enforced });
  }
}
