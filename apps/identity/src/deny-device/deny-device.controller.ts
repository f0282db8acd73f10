import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Param, Put } from '@nestjs/common';
import { deviceAddress, type DeviceAddress } from '../fleet-address.js';
import { FleetChanges } from '../fleet-changes.js';
import { KnownFleets } from '../known-fleets.js';

@Controller('api/v1/registries/:registry/fleets')
export class DenyDeviceController {
  constructor(
    private readonly fleets: KnownFleets,
    private readonly changes: FleetChanges,
  ) {}

  /** Locks out one device, seen before or not; the others go on. */
  @Put(':name/denied/:device')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async deny(
    @CallerParam() caller: Caller,
    @Param({ schema: deviceAddress }) { device, ...address }: DeviceAddress,
  ): Promise<void> {
    const attempt = { ...address, action: 'fleets/write' } as const;
    await this.fleets.change(caller, attempt, (tx, by, before) => this.changes.deny(tx, by, { before, device }));
  }
}
