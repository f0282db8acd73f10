import type { Logger } from '@berth/telemetry';
import { Kafka, type KafkaConfig } from 'kafkajs';
import { repairClient } from './client-repairs.js';
import { kafkaLog } from './kafka-log.js';

/** Where Kafka is and who asks. */
export interface KafkaConnectionOptions {
  /** `host:port`, at least one; the others are learnt from whichever answers. */
  readonly brokers: readonly string[];
  /** `<service>.<instance>`; shows in the broker's logs and quotas. */
  readonly clientId: string;
  readonly logger: Logger;
}

/** One process's way to Kafka. Only this lib sees the client inside. */
export interface KafkaConnection {
  readonly clientId: string;
  readonly client: Kafka;
}

/**
 * Prepares the way to Kafka; connects to nothing yet, so it never fails because Kafka is away.
 *
 * A request is given up after 5 s and a connection attempt after 2 s; the client retries little by itself, because the
 * producer, the consumers and the relay each have their own way to go on.
 */
export function createKafka(options: KafkaConnectionOptions): KafkaConnection {
  return { clientId: options.clientId, client: new Kafka(clientConfig(options)) };
}

/** How every client of Berth is set up; for specs that put their own network between it and the broker. */
export function clientConfig(options: KafkaConnectionOptions): KafkaConfig {
  repairClient();
  return {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    logCreator: kafkaLog(options.logger),
  };
}
