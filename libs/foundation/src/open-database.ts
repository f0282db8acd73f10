import { isAppError } from '@berth/errors';
import { Database } from '@berth/persistence';
import { setTimeout as pause } from 'node:timers/promises';
import type { FoundationOptions } from './foundation-options.js';

/** Postgres may start after the process. */
const patienceMs = 30_000;
const retryMs = 500;

/** The connections of requests. @throws AppError 'unavailable' when Postgres doesn't answer within 30 s */
export async function openDatabase(options: FoundationOptions): Promise<Database> {
  const db = connections(options, { suffix: '', poolSize: 10 });
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    try {
      await db.query('select 1');
      return db;
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'unavailable' || waitedMs >= patienceMs) throw error;
      await pause(retryMs);
    }
  }
}

/** The relay's own connections, so that requests can't starve it. */
export function openRelayDatabase(options: FoundationOptions): Database {
  return connections(options, { suffix: '-relay', poolSize: 2 });
}

function connections(
  { service, runtime, databaseUrl }: FoundationOptions,
  { suffix, poolSize }: { readonly suffix: string; readonly poolSize: number },
): Database {
  const applicationName = `berth-${service}-${runtime.config.BERTH_INSTANCE}${suffix}`;
  return Database.open({ url: databaseUrl, applicationName, schema: service, poolSize, statementTimeoutMs: 5_000 });
}
