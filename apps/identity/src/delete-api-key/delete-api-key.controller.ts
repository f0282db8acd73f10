import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { KnownServiceIds } from '../known-service-ids.js';
import { apiKeyAddress, type ApiKeyAddress } from '../principal-address.js';
import { ServiceIdChanges } from '../service-id-changes.js';

@Controller('api/v1/service-ids')
export class DeleteApiKeyController {
  constructor(
    private readonly services: KnownServiceIds,
    private readonly changes: ServiceIdChanges,
  ) {}

  /** What was issued for this key ends; the other keys go on. */
  @Delete(':id/api-keys/:key')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: apiKeyAddress }) { id, key: keyId }: ApiKeyAddress,
  ): Promise<void> {
    await this.services.change(caller, { id, action: 'serviceIds/write' }, (tx, by, service) =>
      this.changes.deleteKey(tx, by, { service, keyId }),
    );
  }
}
