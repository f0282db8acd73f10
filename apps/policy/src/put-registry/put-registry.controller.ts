import { AppError } from '@berth/errors';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { answerOf, registryAnswer } from '../registry-answer.js';
import { namedRegistryContent } from '../registry-content.js';
import { registryName } from '../registry.js';
import { PutRegistry } from './put-registry.js';

/** PUT of `/api/v1/registries/{r}`: 201 when it is new, else 200. */
@Controller()
export class PutRegistryController {
  constructor(private readonly putRegistry: PutRegistry) {}

  @Put('api/v1/registries/:registry')
  @ForCaller()
  @Route({ statuses: [200, 201, 400, 401, 403, 404, 409, 503], output: registryAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: registryName }) name: string,
    @Body({ schema: namedRegistryContent }) { name: again = name, ...content }: z.infer<typeof namedRegistryContent>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (again !== name) throw otherName();
    const { registry, isNew } = await this.putRegistry.execute(caller, { name, content });
    if (isNew) void reply.code(201);
    return answerOf(registry);
  }
}

function otherName(): AppError {
  return new AppError({ kind: 'malformed', code: 'other-name', message: 'name: must be that of the address' });
}
