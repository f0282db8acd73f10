import { entryPage, type EntryPage } from '@berth/contracts';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Get, Query } from '@nestjs/common';
import { entryQuery, requestOf, type EntryQuery } from './entry-query.js';
import { ListEntries } from './list-entries.js';

/** GET of `/api/v1/audit/entries`. */
@Controller()
export class ListEntriesController {
  constructor(private readonly listEntries: ListEntries) {}

  @Get('api/v1/audit/entries')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 503], output: entryPage })
  list(@CallerParam() caller: Caller, @Query({ schema: entryQuery }) query: EntryQuery): Promise<EntryPage> {
    return this.listEntries.execute(caller, requestOf(query));
  }
}
