import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { z } from 'zod';
import { fleetKeyAddress, type FleetKeyAddress } from '../fleet-address.js';
import { PatchFleetKey } from './patch-fleet-key.js';

const keyPatch = z.strictObject({ status: z.enum(['enabled', 'disabled']) });

@Controller('api/v1/registries/:registry/fleets')
export class PatchFleetKeyController {
  constructor(private readonly patchFleetKey: PatchFleetKey) {}

  @Patch(':name/keys/:key')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async patch(
    @CallerParam() caller: Caller,
    @Param({ schema: fleetKeyAddress }) { key: id, ...address }: FleetKeyAddress,
    @Body({ schema: keyPatch }) { status }: z.infer<typeof keyPatch>,
  ): Promise<void> {
    await this.patchFleetKey.execute(caller, address, { id, status });
  }
}
