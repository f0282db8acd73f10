import type { Logger } from '@berth/telemetry';
import type { Batch } from 'kafkajs';
import type { KafkaConnection } from '../kafka/connection.js';
import type { ConsumableTopic } from './consumable-topic.js';
import type { ConsumedEvent, StateRecord, UnreadableRecord } from './consumed-event.js';
import type { Delivery, RecordRange } from './delivery.js';
import { readRecord } from './read-record.js';
import { SupervisedConsumer, type BatchOutcome } from './supervised-consumer.js';

/** What {@link WorkConsumer} is made with. */
export interface WorkConsumerOptions {
  readonly kafka: KafkaConnection;
  readonly groupId: string;
  readonly topics: ReadonlyMap<string, ConsumableTopic>;
  readonly delivery: Delivery;
  readonly logger: Logger;
  readonly clock: () => number;
}

/**
 * Reads all work topics of a service, shared among its processes by the group. An offset is committed once the handlers
 * of its batch have resolved: at least once. Small batches, because one batch is one transaction of its handler.
 */
export class WorkConsumer {
  private readonly consumer: SupervisedConsumer;

  constructor(private readonly options: WorkConsumerOptions) {
    const { kafka, groupId, topics, logger, clock } = options;
    this.consumer = new SupervisedConsumer({
      kafka,
      logger,
      clock,
      plan: {
        topics: [...topics.keys()],
        groupId: () => groupId,
        config: {
          sessionTimeout: 6_000,
          heartbeatInterval: 1_000,
          rebalanceTimeout: 20_000,
          maxWaitTimeInMs: 500,
          minBytes: 1,
          maxBytesPerPartition: 262_144,
        },
        commits: true,
        handle: (batch) => this.handle(batch),
      },
    });
  }

  /** Begins in the background. */
  start(): void {
    this.consumer.start();
  }

  /** Leaves the group; waits for the batch in work, 5 s at most. */
  async stop(): Promise<void> {
    await this.consumer.stop();
  }

  private async handle(batch: Batch): Promise<BatchOutcome> {
    const { topics, delivery } = this.options;
    const topic = topics.get(batch.topic);
    if (topic === undefined || delivery.isStopped(batch.topic)) return { handledUpTo: null, readOn: false };
    const records = batch.messages.map((message) => readRecord(topic, batch.partition, message));
    const firstBad = records.findIndex(isUnreadable);
    const events = (firstBad < 0 ? records : records.slice(0, firstBad)).filter(isReadable);
    if (events.length > 0 && !(await delivery.deliver(rangeOf(events, batch), events))) {
      return { handledUpTo: null, readOn: false };
    }
    const bad = records[firstBad];
    if (bad === undefined) return { handledUpTo: batch.lastOffset(), readOn: true };
    delivery.stop(rangeOf([bad], batch), `can't be read, ${isUnreadable(bad) ? bad.reason : ''}`);
    return { handledUpTo: events.at(-1)?.offset ?? null, readOn: false };
  }
}

function rangeOf(records: readonly StateRecord<unknown>[], { topic, partition }: Batch): RecordRange {
  return { topic, partition, firstOffset: records[0]?.offset ?? '', lastOffset: records.at(-1)?.offset ?? '' };
}

function isUnreadable(record: StateRecord<unknown>): record is UnreadableRecord {
  return 'unreadable' in record;
}

function isReadable(record: StateRecord<unknown>): record is ConsumedEvent<unknown> {
  return !isUnreadable(record);
}
