import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { DefinitionsCopy } from '../definitions-copy.js';
import { fleetAddress, type FleetAddress } from '../fleet-address.js';
import { answerOfFleet, fleetAnswer, type FleetAnswer } from '../fleet-answer.js';
import { PutFleet } from './put-fleet.js';

const wholeFleet = z.strictObject({
  scopeMap: z.string().min(1).max(60),
  status: z.enum(['enabled', 'disabled']).default('enabled'),
});

@Controller('api/v1/registries/:registry/fleets')
export class PutFleetController {
  constructor(
    private readonly putFleet: PutFleet,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /** 201 when it is new, 200 when it was there. */
  @Put(':name')
  @ForCaller()
  @Route({ statuses: [200, 201, 400, 403, 404, 503], output: fleetAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param({ schema: fleetAddress }) { registry, name }: FleetAddress,
    @Body({ schema: wholeFleet }) body: z.infer<typeof wholeFleet>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FleetAnswer> {
    const { fleet, isNew } = await this.putFleet.execute(caller, { registry, name, ...body });
    if (isNew) void reply.code(201);
    return answerOfFleet(fleet, this.definitions.view);
  }
}
