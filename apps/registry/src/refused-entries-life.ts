import type { RefusedEntries } from '@berth/http';
import type { BeforeApplicationShutdown } from '@nestjs/common';

/** Ends the counting of refusals while the spool still takes their summaries. */
export class RefusedEntriesLife implements BeforeApplicationShutdown {
  constructor(private readonly refused: RefusedEntries) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.refused.close();
  }
}
