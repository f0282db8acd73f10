import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { DefinitionsCopy } from '../definitions-copy.js';
import { fleetAddress, type FleetAddress } from '../fleet-address.js';
import { answerOfFleet, fleetAnswer, type FleetAnswer } from '../fleet-answer.js';
import { KnownFleets } from '../known-fleets.js';

@Controller('api/v1/registries/:registry/fleets')
export class GetFleetController {
  constructor(
    private readonly fleets: KnownFleets,
    private readonly definitions: DefinitionsCopy,
  ) {}

  @Get(':name')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: fleetAnswer })
  async get(
    @CallerParam() caller: Caller,
    @Param({ schema: fleetAddress }) address: FleetAddress,
  ): Promise<FleetAnswer> {
    return answerOfFleet(await this.fleets.read(caller, address), this.definitions.view);
  }
}
