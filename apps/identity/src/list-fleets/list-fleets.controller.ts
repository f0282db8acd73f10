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
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { DefinitionsCopy } from '../definitions-copy.js';
import { answerOfFleet, fleetAnswer, type FleetAnswer } from '../fleet-answer.js';
import { registryAddress, type RegistryAddress } from '../token-address.js';
import { ListFleets } from './list-fleets.js';

const listQuery = z.strictObject(pageQuery);

@Controller('api/v1/registries/:registry/fleets')
export class ListFleetsController {
  constructor(
    private readonly listFleets: ListFleets,
    private readonly definitions: DefinitionsCopy,
  ) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: pageOf(fleetAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param({ schema: registryAddress }) { registry }: RegistryAddress,
    @Query({ schema: listQuery }) { limit, after }: z.infer<typeof listQuery>,
  ): Promise<Page<FleetAnswer>> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.listFleets.execute(caller, { registry, after: from, limit: limit + 1 });
    const answers = found.map((fleet) => answerOfFleet(fleet, this.definitions.view));
    return toPage(answers, limit, ({ name }) => name);
  }
}
