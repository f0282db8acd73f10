import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { z } from 'zod';
import { nameInPath } from '../repository-answer.js';
import { GetUsage } from './get-usage.js';

const bytes = z.int();
const storage = { usedBytes: bytes, reservedBytes: bytes, limitBytes: bytes.nullable() };
const answer = z.strictObject({
  storage: z.strictObject(storage),
  namespaces: z.array(z.strictObject({ name: z.string(), ...storage })),
});

/** GET of `/api/v1/registries/{r}/usage`: how much the registry and its namespaces hold, and may hold. */
@Controller()
export class GetUsageController {
  constructor(private readonly getUsage: GetUsage) {}

  @Get('api/v1/registries/:registry/usage')
  @ForCaller()
  @Route({ statuses: [200, 401, 403, 404, 503], output: answer })
  async get(@CallerParam() caller: Caller, @Param('registry', { schema: nameInPath }) registry: string) {
    const { storage, namespaces } = await this.getUsage.get(caller, registry);
    return { storage, namespaces: [...namespaces] };
  }
}
