import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { noSuchKey } from '../fleet.js';
import { fleetKeyAddress, type FleetKeyAddress } from '../fleet-address.js';
import { FleetChanges } from '../fleet-changes.js';
import { KnownFleets } from '../known-fleets.js';

@Controller('api/v1/registries/:registry/fleets')
export class DeleteFleetKeyController {
  constructor(
    private readonly fleets: KnownFleets,
    private readonly changes: FleetChanges,
  ) {}

  /** For good: the passwords derived from it never come back. */
  @Delete(':name/keys/:key')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: fleetKeyAddress }) { key, ...address }: FleetKeyAddress,
  ): Promise<void> {
    const attempt = { ...address, action: 'fleets/write' } as const;
    await this.fleets.change(caller, attempt, async (tx, by, before) => {
      if (!before.keys.some(({ id }) => id === key)) throw noSuchKey();
      await this.changes.deleteKey(tx, by, { before, id: key });
    });
  }
}
