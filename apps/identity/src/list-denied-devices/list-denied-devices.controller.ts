import { instant } from '@berth/contracts';
import {
  CallerParam,
  decodeCursor,
  ForCaller,
  pageOf,
  pageQuery,
  Route,
  toPage,
  type Caller,
  type Page,
} from '@berth/http';
import { Database } from '@berth/persistence';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { FLEET_STORE, type FleetStore } from '../fleet.js';
import { fleetAddress, type FleetAddress } from '../fleet-address.js';
import { instantOf } from '../fleet-answer.js';
import { KnownFleets } from '../known-fleets.js';

const listQuery = z.strictObject(pageQuery);
const deniedDevice = z.strictObject({ device: z.string(), deniedAt: instant });

@Controller('api/v1/registries/:registry/fleets')
export class ListDeniedDevicesController {
  constructor(
    private readonly known: KnownFleets,
    @Inject(FLEET_STORE) private readonly fleets: FleetStore,
    private readonly db: Database,
  ) {}

  @Get(':name/denied')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: pageOf(deniedDevice) })
  async list(
    @CallerParam() caller: Caller,
    @Param({ schema: fleetAddress }) address: FleetAddress,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<z.infer<typeof deniedDevice>>> {
    const fleet = await this.known.read(caller, address);
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.fleets.denied(this.db, fleet, { after: from, limit: limit + 1 });
    const answers = found.map(({ device, deniedAtMs }) => ({ device, deniedAt: instantOf(deniedAtMs) }));
    return toPage(answers, limit, ({ device }) => device);
  }
}
