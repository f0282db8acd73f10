import {
  scopeMapHoldersAnswer,
  scopeMapHoldersQuery,
  type ScopeMapHoldersAnswer,
  type ScopeMapHoldersQuery,
} from '@berth/contracts';
import { decodeCursor, InternalOnly, Route, toPage } from '@berth/http';
import { Database } from '@berth/persistence';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { scopeMapAddress } from '../known-scope-map.js';
import { PRINCIPAL_STORE, type PrincipalStore } from '../principal.js';

@Controller('internal/scope-maps/:id/holders')
export class ListScopeMapHoldersController {
  constructor(
    @Inject(PRINCIPAL_STORE) private readonly principals: PrincipalStore,
    private readonly db: Database,
  ) {}

  /** Who has a scope map; policy asks to say who can do something. */
  @Get()
  @InternalOnly()
  @Route({ statuses: [200, 400, 503], output: scopeMapHoldersAnswer })
  async list(
    @Param({ schema: scopeMapAddress }) { id: scopeMapId }: z.infer<typeof scopeMapAddress>,
    @Query({ schema: scopeMapHoldersQuery }) { limit, after }: ScopeMapHoldersQuery,
  ): Promise<ScopeMapHoldersAnswer> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.principals.holders(this.db, { scopeMapId, after: from, limit: limit + 1 });
    const { items, next } = toPage(found, limit, ({ kind, name }) => `${kind}/${name}`);
    return { items: [...items], next };
  }
}
