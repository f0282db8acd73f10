import { actionCatalogue } from '@berth/access';
import { ForCaller, Route } from '@berth/http';
import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';

const spelling = z.string().nullable();

const operation = z.strictObject({
  action: z.string(),
  docker: spelling,
  acrScopeMap: spelling,
  acrRole: spelling,
  ibm: spelling,
  aliases: z.array(z.string()),
  /** Wider actions of other languages that include this one. */
  within: z.array(z.string()),
  /** The narrowest thing on which it can be granted. */
  level: z.enum(['registry', 'namespace', 'repository']),
});

/** GET of `/api/v1/role-definitions/operations`: every action with all its spellings, for anybody who may call at all. */
@Controller()
export class ListOperationsController {
  @Get('api/v1/role-definitions/operations')
  @ForCaller()
  @Route({ statuses: [200, 401], output: z.strictObject({ items: z.array(operation), next: z.null() }) })
  list() {
    const items = actionCatalogue.map(({ action, docker, acrScopeMap, acrRole, ibm, aliases, within, level }) => {
      return { action, docker, acrScopeMap, acrRole, ibm, aliases, within, level };
    });
    return { items, next: null };
  }
}
