import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { deviceAddress, type DeviceAddress } from '../fleet-address.js';
import { FleetChanges } from '../fleet-changes.js';
import { KnownFleets } from '../known-fleets.js';
import { RegistryAccess } from '../registry-access.js';
import { ScopeMapChoice } from '../scope-map-choice.js';

@Controller('api/v1/registries/:registry/fleets')
export class AllowDeviceController {
  constructor(
    private readonly fleets: KnownFleets,
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    private readonly changes: FleetChanges,
  ) {}

  /** Lets a device in again that was locked out, which gives it all that the fleet has. */
  @Delete(':name/denied/:device')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async allow(
    @CallerParam() caller: Caller,
    @Param({ schema: deviceAddress }) { device, ...address }: DeviceAddress,
  ): Promise<void> {
    const attempt = { ...address, action: 'fleets/write' } as const;
    await this.fleets.change(caller, attempt, async (tx, by, before) => {
      await this.access.requireHeld(by, this.scopeMaps.of(before));
      await this.changes.allow(tx, by, { before, device });
    });
  }
}
