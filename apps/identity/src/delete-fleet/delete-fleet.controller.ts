import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { fleetAddress, type FleetAddress } from '../fleet-address.js';
import { FleetChanges } from '../fleet-changes.js';
import { KnownFleets } from '../known-fleets.js';

@Controller('api/v1/registries/:registry/fleets')
export class DeleteFleetController {
  constructor(
    private readonly fleets: KnownFleets,
    private readonly changes: FleetChanges,
  ) {}

  /** The passwords of all its devices end, and so do the access tokens that are out. */
  @Delete(':name')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(@CallerParam() caller: Caller, @Param({ schema: fleetAddress }) address: FleetAddress): Promise<void> {
    const attempt = { ...address, action: 'fleets/delete' } as const;
    await this.fleets.change(caller, attempt, (tx, by, before) => this.changes.delete(tx, by, before));
  }
}
