import { encodeEvent } from '../envelope/event-envelope.js';
import type { KafkaConnection } from '../kafka/connection.js';
import { testKafka, type Thing } from '../kafka/kafka.suite.js';
import { heartbeatHeader } from '../relay/heartbeat.js';
import type { Topic } from '@berth/contracts';
import { createLogger } from '@berth/telemetry';
import type { Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CompressionTypes, type Producer } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { ConsumableTopic } from './consumable-topic.js';
import { KafkaStrategy } from './kafka-strategy.js';

/** What the specs of the strategy share: a Nest process with consumers, and somebody who writes records. */

export const patience = { timeout: 20_000, interval: 10 };

export interface ConsumingProcess {
  readonly strategy: KafkaStrategy;
  /** What it logged. */
  readonly lines: readonly string[];
  readonly stop: () => Promise<void>;
}

export interface ProcessOptions {
  readonly controllers: Type[];
  readonly topics: readonly ConsumableTopic[];
  readonly service?: string;
  readonly kafka?: KafkaConnection;
  readonly clock?: () => number;
}

/** Starts Nest with the strategy as a service does, until the test ends; resolves when Nest is up, whatever Kafka does. */
export async function startProcess(options: ProcessOptions): Promise<ConsumingProcess> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'spec', instance: '1', destination });
  const strategy = new KafkaStrategy({
    kafka: options.kafka ?? testKafka(),
    service: options.service ?? `spec-${randomUUID()}`,
    instance: '1',
    boot: randomUUID(),
    topics: options.topics,
    logger,
    clock: options.clock ?? Date.now,
  });
  class Root {}
  Module({ controllers: options.controllers })(Root);
  const app = await NestFactory.createMicroservice(Root, { strategy, logger: false });
  await app.listen();
  onTestFinished(() => app.close());
  return { strategy, lines, stop: () => app.close() };
}

/** Writes records as an owner's relay does. */
export class Owner {
  private constructor(private readonly producer: Producer) {}

  static async connect(): Promise<Owner> {
    const producer = testKafka().client.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
    await producer.connect();
    return new Owner(producer);
  }

  async publish(topic: Topic<Thing>, things: readonly Thing[], partition = 0): Promise<void> {
    const at = new Date();
    const messages = things.map((data) => ({
      ...encodeEvent(topic, { data, source: 'berth/spec/1', id: randomUUID(), at, change: data.version }),
      partition,
    }));
    await this.producer.send({ topic: topic.name, messages });
  }

  async heartbeat(topic: Topic<Thing>, change: number, partition = 0): Promise<void> {
    const headers = { [heartbeatHeader]: String(change) };
    const messages = [{ key: 'heartbeat', value: `{"heartbeat":${change}}`, headers, partition }];
    await this.producer.send({ topic: topic.name, messages });
  }

  async raw(topic: Topic<Thing>, key: string, value: string | null): Promise<void> {
    const messages = [{ key, value, partition: 0 }];
    await this.producer.send({ topic: topic.name, messages, compression: CompressionTypes.None });
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }
}
