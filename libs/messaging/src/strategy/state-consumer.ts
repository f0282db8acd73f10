import type { Logger } from '@berth/telemetry';
import type { Batch, KafkaMessage } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { AdminClient } from '../kafka/admin-client.js';
import type { KafkaConnection } from '../kafka/connection.js';
import { heartbeatHeader } from '../relay/heartbeat.js';
import type { ConsumableTopic } from './consumable-topic.js';
import type { Delivery } from './delivery.js';
import { readRecord } from './read-record.js';
import type { StateReading } from './state-reading.js';
import { SupervisedConsumer, type BatchOutcome } from './supervised-consumer.js';

/** What {@link StateConsumer} is made with. */
export interface StateConsumerOptions {
  readonly kafka: KafkaConnection;
  /** Begins the names of its groups. */
  readonly groupId: string;
  readonly topics: ReadonlyMap<string, { readonly topic: ConsumableTopic; readonly reading: StateReading }>;
  readonly delivery: Delivery;
  readonly logger: Logger;
  readonly clock: () => number;
}

const describeEveryMs = 1_000;

/**
 * Reads all state topics of a process whole, in a group of its own that commits nothing: each start and each return to
 * the group reads from the beginning. That costs little, heals a cluster that was replaced, and the handlers hold by
 * version.
 */
export class StateConsumer {
  private readonly consumer: SupervisedConsumer;
  private readonly admin: AdminClient;
  private readonly stopping = new AbortController();
  private joins = 0;

  constructor(private readonly options: StateConsumerOptions) {
    const { kafka, groupId, topics, logger, clock } = options;
    this.admin = new AdminClient(kafka);
    this.consumer = new SupervisedConsumer({
      kafka,
      logger,
      clock,
      plan: {
        topics: [...topics.keys()],
        // A group of its own for each consumer: a member that was cut off is waited for until its session ends.
        groupId: (life) => `${groupId}.${life}`,
        config: { sessionTimeout: 30_000, heartbeatInterval: 3_000, maxWaitTimeInMs: 500, minBytes: 1 },
        commits: false,
        handle: (batch) => this.handle(batch),
        skipped: ({ topic, partition, lastOffset }) => this.reached(topic, partition, lastOffset),
        connected: () => this.eachReading((reading) => (reading.answered = true)),
        joined: () => this.joined(),
      },
    });
  }

  /** Begins in the background. */
  start(): void {
    this.consumer.start();
  }

  /** Leaves the group, within 5 s. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.consumer.stop();
    await this.admin.close();
  }

  private async handle(batch: Batch): Promise<BatchOutcome> {
    const known = this.options.topics.get(batch.topic);
    if (known === undefined || this.options.delivery.isStopped(batch.topic))
      return { handledUpTo: null, readOn: false };
    const { partition } = batch;
    const lastOffset = batch.lastOffset();
    const records = batch.messages.filter(isState).map((message) => readRecord(known.topic, partition, message));
    if (records.length > 0 && !(await this.deliver(batch, records))) return { handledUpTo: null, readOn: false };
    this.reached(batch.topic, partition, lastOffset);
    const beat = batch.messages.findLast(isHeartbeat);
    const isAtEnd = Number(lastOffset) + 1 >= Number(batch.highWatermark);
    if (beat !== undefined && isAtEnd) known.reading.heard(partition, changeOf(beat));
    return { handledUpTo: lastOffset, readOn: true };
  }

  private deliver(batch: Batch, records: readonly unknown[]): Promise<boolean> {
    const { topic, partition } = batch;
    const lastOffset = batch.lastOffset();
    const range = { topic, partition, firstOffset: batch.firstOffset() ?? lastOffset, lastOffset };
    return this.options.delivery.deliver(range, records);
  }

  private reached(topic: string, partition: number, lastOffset: string): void {
    this.options.topics.get(topic)?.reading.reached(partition, Number(lastOffset) + 1);
  }

  private joined(): void {
    this.joins += 1;
    this.eachReading((reading) => reading.restarted());
    void this.describe(this.joins);
  }

  /** Asks Kafka where the partitions end, after the group was joined, so that nothing can be added in between unseen. */
  private async describe(join: number): Promise<void> {
    const { signal } = this.stopping;
    const waiting = () => [...this.options.topics.values()].filter(({ reading }) => !reading.caughtUp);
    while (!signal.aborted && join === this.joins && waiting().length > 0) {
      for (const { topic, reading } of waiting()) await this.describeTopic(topic.name, reading);
      await pause(describeEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async describeTopic(topic: string, reading: StateReading): Promise<void> {
    try {
      const offsets = await this.admin.ask(`asking for the end of ${topic}`, (admin) => admin.fetchTopicOffsets(topic));
      reading.described(
        offsets.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) })),
      );
    } catch (e) {
      this.options.logger.debug({ err: e }, `the end of ${topic} is not known yet`);
    }
  }

  private eachReading(run: (reading: StateReading) => void): void {
    for (const { reading } of this.options.topics.values()) run(reading);
  }
}

function isHeartbeat(message: KafkaMessage): boolean {
  return message.headers?.[heartbeatHeader] !== undefined;
}

/** Neither a heartbeat nor a tombstone; the end of a thing is a record with a status, a tombstone only makes room. */
function isState(message: KafkaMessage): boolean {
  return message.value !== null && !isHeartbeat(message);
}

/** A heartbeat that names no number vouches for nothing. */
function changeOf(message: KafkaMessage): number {
  const change = Number(String(message.headers?.[heartbeatHeader]));
  return Number.isSafeInteger(change) ? change : 0;
}
