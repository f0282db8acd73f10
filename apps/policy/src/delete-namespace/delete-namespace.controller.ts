import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { nameInPath } from '../name-in-path.js';
import { DeleteNamespace } from './delete-namespace.js';

/** DELETE of `/api/v1/registries/{r}/namespaces/{ns}`: 202, because its repositories go after the answer. */
@Controller()
export class DeleteNamespaceController {
  constructor(private readonly deleteNamespace: DeleteNamespace) {}

  @Delete('api/v1/registries/:registry/namespaces/:name')
  @ForCaller()
  @Route({ statuses: [202, 400, 401, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param('registry', { schema: nameInPath }) registry: string,
    @Param('name', { schema: nameInPath }) name: string,
  ): Promise<void> {
    await this.deleteNamespace.execute(caller, { registry, name });
  }
}
