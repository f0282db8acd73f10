import { changesPage, changesQuery, type ChangesPage } from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { readChanges } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';

/** For an owner of published state: what followers poll when Kafka is silent, the records published after a number. */
@Controller('internal/changes')
export class ReadChangesController {
  constructor(private readonly db: Database) {}

  @Get()
  @InternalOnly()
  @Route({ statuses: [200, 400, 503], output: changesPage })
  read(@Query({ schema: changesQuery }) { after }: z.infer<typeof changesQuery>): Promise<ChangesPage> {
    return readChanges(this.db, { after });
  }
}
