import { AppError } from '@berth/errors';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { nameInPath } from '../name-in-path.js';
import { answerOf, namespaceAnswer } from '../namespace-answer.js';
import { namespaceName } from '../namespace.js';
import { resourceGroupName } from '../registry-content.js';
import { PutNamespace } from './put-namespace.js';

const content = z.strictObject({ name: namespaceName.optional(), resourceGroup: resourceGroupName.optional() });

/** PUT of `/api/v1/registries/{r}/namespaces/{ns}`: 201 when it is new, else 200; 409 for another resource group. */
@Controller()
export class PutNamespaceController {
  constructor(private readonly putNamespace: PutNamespace) {}

  @Put('api/v1/registries/:registry/namespaces/:name')
  @ForCaller()
  @Route({ statuses: [200, 201, 400, 401, 403, 404, 409, 503], output: namespaceAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: namespaceName }) name: string,
    @Body({ schema: content }) { name: again = name, resourceGroup }: z.infer<typeof content>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (again !== name) throw otherName();
    const { namespace, isNew } = await this.putNamespace.execute(caller, { registry, name, resourceGroup });
    if (isNew) void reply.code(201);
    return answerOf(namespace);
  }
}

function otherName(): AppError {
  return new AppError({ kind: 'malformed', code: 'other-name', message: 'name: must be that of the address' });
}
