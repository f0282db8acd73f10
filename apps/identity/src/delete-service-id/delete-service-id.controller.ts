import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { KnownServiceIds } from '../known-service-ids.js';
import { principalAddress, type PrincipalAddress } from '../principal-address.js';
import { ServiceIdChanges } from '../service-id-changes.js';

@Controller('api/v1/service-ids')
export class DeleteServiceIdController {
  constructor(
    private readonly services: KnownServiceIds,
    private readonly changes: ServiceIdChanges,
  ) {}

  /** Its keys end, and what was issued for them; a service ID of the same name is another one. */
  @Delete(':id')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: principalAddress }) { id }: PrincipalAddress,
  ): Promise<void> {
    const attempt = { id, action: 'serviceIds/delete' } as const;
    await this.services.change(caller, attempt, (tx, by, before) => this.changes.delete(tx, by, before));
  }
}
