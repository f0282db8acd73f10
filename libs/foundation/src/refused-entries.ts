import { RefusedEntries } from '@berth/http';
import { Spool } from '@berth/messaging';
import type { BeforeApplicationShutdown, Provider } from '@nestjs/common';
import type { Runtime } from './runtime.js';

/** Ends the counting of refusals while the spool still takes their summaries. */
class RefusedEntriesLife implements BeforeApplicationShutdown {
  constructor(private readonly refused: RefusedEntries) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.refused.close();
  }
}

/** `RefusedEntries` on the spool of the service, for the providers of its root module. */
export function refusedEntries({ clock, logger }: Pick<Runtime<unknown>, 'clock' | 'logger'>): readonly Provider[] {
  return [
    {
      provide: RefusedEntries,
      inject: [Spool],
      useFactory: (spool: Spool) =>
        new RefusedEntries({
          append: (entry) => spool.append(entry),
          onUnwritten: (err, count) => logger.error({ err, count }, 'refusals could not be entered'),
          clock,
        }),
    },
    {
      provide: RefusedEntriesLife,
      inject: [RefusedEntries],
      useFactory: (refused: RefusedEntries) => new RefusedEntriesLife(refused),
    },
  ];
}
