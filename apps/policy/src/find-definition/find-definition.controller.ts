import { definitionAnswer, definitionQuery, type DefinitionAnswer } from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { nameInPath } from '../name-in-path.js';
import { FindDefinition } from './find-definition.js';

/** GET of `/internal/definitions/{kind}`. */
@Controller()
export class FindDefinitionController {
  constructor(private readonly findDefinition: FindDefinition) {}

  @Get('internal/definitions/:kind')
  @InternalOnly()
  @Route({ statuses: [200, 400, 404, 503], output: definitionAnswer })
  async find(
    @Param('kind', { schema: nameInPath }) kind: string,
    @Query({ schema: definitionQuery }) { registry, name }: z.infer<typeof definitionQuery>,
  ): Promise<DefinitionAnswer> {
    return { definition: await this.findDefinition.execute({ kind, registry, name }) };
  }
}
