import { changesPage, changesQuery, type ChangesPage } from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { readChanges } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';

/** GET of `/internal/changes`: what followers ask while Kafka is silent. */
@Controller()
export class ReadChangesController {
  constructor(private readonly db: Database) {}

  @Get('internal/changes')
  @InternalOnly()
  @Route({ statuses: [200, 400, 404, 503], output: changesPage })
  read(@Query({ schema: changesQuery }) { after }: z.infer<typeof changesQuery>): Promise<ChangesPage> {
    return readChanges(this.db, { after });
  }
}
