import { changesPage } from '@berth/contracts';
import type { FollowingOptions } from '@berth/definitions';
import type { InternalClient } from '@berth/http';
import { KafkaStrategy } from '@berth/messaging';
import { Database } from '@berth/persistence';
import type { Runtime } from './runtime.js';

/** How a copy of an owner's state is kept: from Kafka, and from the owner itself while Kafka is silent. */
export function followedOwner({ logger, metrics, clock }: Runtime<unknown>, owner: InternalClient) {
  return {
    inject: [Database, KafkaStrategy],
    useFactory: (db: Database, strategy: KafkaStrategy): FollowingOptions => ({
      db,
      clock,
      logger,
      metrics,
      progressOf: (topic) => strategy.progress(topic),
      poll: (after) => owner.getJson(`/internal/changes?after=${after}`, { schema: changesPage }),
    }),
  };
}
