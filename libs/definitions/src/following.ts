import type { ChangesPage } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { StateProgress, StateRecord, UnreadableRecord } from '@berth/messaging';
import type { Database } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import type { DynamicModule, InjectionToken, Provider, Type } from '@nestjs/common';
import type { Repeat } from './follower.js';
import type { StateCopy } from './state-copy.js';

/** What following an owner takes; an app gives it from its own providers. */
export interface FollowingOptions {
  readonly db: Database;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** `(topic) => strategy.progress(topic)`. */
  readonly progressOf: (topic: string) => StateProgress;
  /** `(after) => ownerClient.getJson('/internal/changes?after=' + after, { schema: changesPage })`. */
  readonly poll: (after: number) => Promise<ChangesPage>;
  /** Default: a timer; specs give their own. */
  readonly repeat?: Repeat;
}

/** Where an app takes {@link FollowingOptions} from, as in Nest's factory providers. */
export interface FollowingFactory<Options> {
  readonly imports?: NonNullable<DynamicModule['imports']>;
  readonly inject?: readonly InjectionToken[];
  // Nest passes what `inject` names, in that order; the app types it.
  readonly useFactory: (...injected: never[]) => Options | Promise<Options>;
}

/** A module to import, or whose `controllers` and `providers` are spread into the app's own module. */
export type FollowingModule = DynamicModule & { readonly controllers: Type[]; readonly providers: Provider[] };

/**
 * Gives the readable records of a batch to a copy, then the others to `distrust`: what can't be read must not keep the
 * rest from being applied.
 *
 * @throws AppError 'bug' with code `unreadable-key` when nobody can say what a record is about: the topic then stops and
 *   the service isn't ready; what {@link StateCopy.apply} throws
 */
export async function takeIn<Data>(
  copy: Pick<StateCopy, 'apply'>,
  records: readonly StateRecord<Data>[],
  distrust: (record: UnreadableRecord) => void,
): Promise<void> {
  await copy.apply(records.flatMap((record) => ('unreadable' in record ? [] : [record])));
  for (const record of records) {
    if (!('unreadable' in record)) continue;
    if (record.key === '') {
      throw new AppError({ kind: 'bug', code: 'unreadable-key', message: `a record without a key: ${record.reason}` });
    }
    distrust(record);
  }
}
