import {
  importedUsersAnswer,
  importedUsersQuery,
  uuid,
  type ImportedUsersAnswer,
  type ImportedUsersQuery,
} from '@berth/contracts';
import { decodeCursor, InternalOnly, Route, toPage } from '@berth/http';
import { Database } from '@berth/persistence';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { PRINCIPAL_STORE, type PrincipalStore } from '../principal.js';

const address = z.strictObject({ account: uuid });

@Controller('internal/accounts/:account/imported-users')
export class ListImportedUsersController {
  constructor(
    @Inject(PRINCIPAL_STORE) private readonly principals: PrincipalStore,
    private readonly db: Database,
  ) {}

  /** Policy asks to say who can do something where an imported account doesn't enforce access policies yet. */
  @Get()
  @InternalOnly()
  @Route({ statuses: [200, 400, 503], output: importedUsersAnswer })
  async list(
    @Param({ schema: address }) { account }: z.infer<typeof address>,
    @Query({ schema: importedUsersQuery }) { limit, after }: ImportedUsersQuery,
  ): Promise<ImportedUsersAnswer> {
    const from = after === undefined ? null : decodeCursor(after);
    const found = await this.principals.importedUsers(this.db, { account, after: from, limit: limit + 1 });
    const { items, next } = toPage(found, limit, (id) => id);
    return { items: items.map((id) => `user:${id}`), next };
  }
}
