import { instant, uuid } from '@berth/contracts';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Header, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { fleetAddress, type FleetAddress } from '../fleet-address.js';
import { instantOf } from '../fleet-answer.js';
import { CreateFleetKey } from './create-fleet-key.js';

const createdKey = z.strictObject({
  id: z.string(),
  /** Exactly this text is the key, in ASCII. */
  key: z.string(),
  registryId: uuid,
  fleetId: uuid,
  status: z.enum(['enabled', 'disabled']),
  createdAt: instant,
});

@Controller('api/v1/registries/:registry/fleets')
export class CreateFleetKeyController {
  constructor(private readonly createFleetKey: CreateFleetKey) {}

  /** The only answer that ever holds the key, and all that passwords are derived from. */
  @Post(':name/keys')
  @Header('cache-control', 'no-store')
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 404, 409, 503], output: createdKey })
  async create(
    @CallerParam() caller: Caller,
    @Param({ schema: fleetAddress }) address: FleetAddress,
  ): Promise<z.infer<typeof createdKey>> {
    const { fleet, key, secret } = await this.createFleetKey.execute(caller, address);
    const { id, status, createdAtMs } = key;
    const { registryId, id: fleetId } = fleet;
    return { id, key: secret, registryId, fleetId, status, createdAt: instantOf(createdAtMs) };
  }
}
