import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { answerOf, namespaceAnswer } from '../namespace-answer.js';
import { GetNamespace } from './get-namespace.js';

/** GET of `/api/v1/registries/{r}/namespaces/{ns}`. */
@Controller()
export class GetNamespaceController {
  constructor(private readonly getNamespace: GetNamespace) {}

  @Get('api/v1/registries/:registry/namespaces/:name')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 503], output: namespaceAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) name: string,
  ) {
    const { namespace, isDeleting } = await this.getNamespace.execute(caller, { registry, name });
    return answerOf(namespace, isDeleting ? 'deleting' : 'active');
  }
}
