import type { Runtime } from '@berth/foundation';
import { RefusedEntries } from '@berth/http';
import { Spool } from '@berth/messaging';
import type { BeforeApplicationShutdown, Provider } from '@nestjs/common';
import type { IdentityConfig } from './config.js';
import { LoginLimits } from './login-limits.js';
import { settingsOf } from './settings.js';

/** Ends the counting of refusals while the spool still takes their summaries. */
class RefusedEntriesLife implements BeforeApplicationShutdown {
  constructor(private readonly refused: RefusedEntries) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.refused.close();
  }
}

/** What keeps guessing slow, and the audit log from being filled by it. */
export function loginLimits({ config, clock, logger }: Runtime<IdentityConfig>): readonly Provider[] {
  return [
    { provide: LoginLimits, useFactory: () => new LoginLimits(settingsOf(config).limits, clock) },
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
