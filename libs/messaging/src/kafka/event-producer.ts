import { AppError, errorMessage } from '@berth/errors';
import type { Logger } from '@berth/telemetry';
import { CompressionTypes, Partitioners, type Producer } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import type { EventSender, OutgoingBatch } from '../relay/event-sender.js';
import { AdminClient } from './admin-client.js';
import type { KafkaConnection } from './connection.js';
import { kafkaErrorType } from './kafka-error.js';
import { within } from './within.js';

const sendLimitMs = 5_000;
const firstBackOffMs = 100;
const lastBackOffMs = 2_000;

/** These say that the batch is wrong, not the connection. */
const wrongBatch = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/**
 * Writes records to Kafka, at least once. Connects in the background, for ever, so that no start waits for Kafka.
 *
 * A caller that needs its batches in order waits for each before it sends the next; the records of one batch stand in order
 * within a partition. A batch that was given up may still arrive later, so consumers hold by version or by event id.
 */
export class EventProducer implements EventSender {
  private producer: Producer | null = null;
  private stopping = new AbortController();
  private connecting: Promise<void> = Promise.resolve();
  private readonly admin: AdminClient;

  constructor(
    private readonly kafka: KafkaConnection,
    private readonly logger: Logger,
  ) {
    this.admin = new AdminClient(kafka);
  }

  /** Whether the last thing heard from Kafka was good. */
  get isConnected(): boolean {
    return this.producer !== null;
  }

  /** Begins to connect; returns at once. */
  start(): void {
    this.stopping = new AbortController();
    this.connecting = this.connect();
  }

  /**
   * Sends records of one topic and waits until every replica in sync has them (acks=all).
   *
   * @throws AppError 'unavailable' at once while there is no connection, else after 5 s at most; 'too-large' when the broker
   * refuses the batch for its size
   */
  async send(batch: OutgoingBatch): Promise<void> {
    const producer = this.producer;
    if (producer === null) throw new AppError({ ...unavailable, message: 'not connected to Kafka' });
    const sending = producer.send({
      topic: batch.topic,
      acks: -1,
      timeout: sendLimitMs - 1_000,
      compression: batch.gzip === true ? CompressionTypes.GZIP : CompressionTypes.None,
      messages: batch.messages.map((message) => ({ ...message })),
    });
    try {
      await within(sendLimitMs, `sending to ${batch.topic}`, sending);
    } catch (e) {
      throw this.failed(e, batch.topic, { producer, sending });
    }
  }

  /** The id of the cluster, asked each time. @throws AppError 'unavailable' after 5 s at most */
  async clusterId(): Promise<string> {
    const cluster = await this.admin.ask('asking Kafka for its cluster', (admin) => admin.describeCluster());
    return cluster.clusterId;
  }

  /** How many partitions a topic has. @throws AppError 'unavailable' after 5 s at most, also when there is no such topic */
  async partitionCount(topic: string): Promise<number> {
    const { topics } = await this.admin.ask(`asking Kafka for ${topic}`, (admin) =>
      admin.fetchTopicMetadata({ topics: [topic] }),
    );
    return topics[0]?.partitions.length ?? 0;
  }

  /** Disconnects; what is under way is given up. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.connecting;
    const producer = this.producer;
    this.producer = null;
    await Promise.all([producer === null ? undefined : this.disconnect(producer), this.admin.close()]);
  }

  private async connect(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const producer = this.create();
      try {
        await within(sendLimitMs, 'connecting to Kafka', producer.connect());
        this.producer = producer;
        this.logger.info('the producer is connected to Kafka');
        return;
      } catch (e) {
        if (attempt === 0) this.logger.warn(`the producer has no connection to Kafka: ${errorMessage(e)}`);
        void this.disconnect(producer);
        const backOffMs = Math.min(firstBackOffMs * 2 ** attempt, lastBackOffMs);
        await pause(backOffMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private create(): Producer {
    return this.kafka.client.producer({
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 500 },
    });
  }

  private failed(e: unknown, topic: string, attempt: { producer: Producer; sending: Promise<unknown> }): AppError {
    const type = kafkaErrorType(e);
    if (type !== null && wrongBatch.has(type)) {
      return new AppError({ kind: 'too-large', message: `Kafka refuses a batch for ${topic}: ${type}`, cause: e });
    }
    if (type !== 'UNKNOWN_TOPIC_OR_PARTITION') this.lose(attempt, errorMessage(e));
    return new AppError({ ...unavailable, message: `can't send to ${topic}: ${errorMessage(e)}`, cause: e });
  }

  /** Gives a connection up; a new one is safer than to wait for the old one's own idea of recovery. */
  private lose({ producer, sending }: { producer: Producer; sending: Promise<unknown> }, why: string): void {
    if (this.producer === producer) {
      this.producer = null;
      this.logger.warn(`the producer lost its connection to Kafka: ${why}`);
      this.connecting = this.connect();
    }
    // Its retries would open the connection again, so it is closed once more when they have ended.
    void this.disconnect(producer);
    void sending.catch(() => undefined).then(() => this.disconnect(producer));
  }

  private async disconnect(producer: Producer): Promise<void> {
    try {
      await within(sendLimitMs, 'disconnecting from Kafka', producer.disconnect());
    } catch (e) {
      this.logger.debug({ err: e }, 'the producer did not disconnect in order');
    }
  }
}

const unavailable = { kind: 'unavailable', retryAfterSeconds: 1 } as const;
