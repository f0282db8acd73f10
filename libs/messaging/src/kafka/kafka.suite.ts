import type { Topic } from '@berth/contracts';
import { createLogger, type Logger } from '@berth/telemetry';
import { Kafka } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { inject } from 'vitest';
import { z } from 'zod';
import { clientConfig, createKafka, type KafkaConnection } from './connection.js';
import { ensureTopics } from './ensure-topics.js';

/** What the specs of this lib need of the run's real Kafka. */

export const logger: Logger = createLogger({ service: 'spec', instance: '1', level: 'silent' });

export function brokers(): string[] {
  return inject('kafkaBrokers').split(',');
}

export function testKafka(): KafkaConnection {
  return createKafka({ brokers: brokers(), clientId: `spec-${randomUUID()}`, logger });
}

export const thing = z.strictObject({ id: z.string(), version: z.int().positive(), text: z.string().optional() });
export type Thing = z.infer<typeof thing>;

interface TestTopic<Delivery extends 'state' | 'work'> extends Topic<Thing> {
  readonly delivery: Delivery;
}

/** A topic that no other spec uses; it exists once {@link createTopic} has resolved. */
export function testTopic<Delivery extends 'state' | 'work'>(delivery: Delivery, partitions = 1): TestTopic<Delivery> {
  return {
    name: `spec.thing-changed-${randomUUID()}.v1`,
    producer: 'policy',
    delivery,
    cleanup: delivery === 'state' ? 'compact' : 'delete',
    retentionMs: delivery === 'state' ? null : 3_600_000,
    partitions,
    schema: thing,
    keyOf: ({ id }) => id,
  };
}

export async function createTopic<Delivery extends 'state' | 'work'>(
  delivery: Delivery,
  partitions = 1,
): Promise<TestTopic<Delivery>> {
  const topic = testTopic(delivery, partitions);
  await ensureTopics(testKafka(), [topic], { replicationFactor: 1 });
  return topic;
}

/** A network between one client and the broker that can fail on demand, while other specs go on. */
export class FailingNetwork {
  private mode: 'up' | 'refused' | 'silent' = 'up';
  private readonly sockets = new Set<Socket>();

  kafka(): KafkaConnection {
    const clientId = `spec-${randomUUID()}`;
    const config = clientConfig({ brokers: brokers(), clientId, logger });
    const client = new Kafka({
      ...config,
      socketFactory: ({ host, port, onConnect }) => this.open(host, port, onConnect),
    });
    return { clientId, client };
  }

  /** As when the broker has ended: connections break and new ones are refused. */
  refuse(): void {
    this.mode = 'refused';
    for (const socket of this.sockets) socket.destroy(new Error('read ECONNRESET'));
  }

  /** As when the broker hangs: connections stay, answers don't come. */
  silence(): void {
    this.mode = 'silent';
    for (const socket of this.sockets) socket.pause();
  }

  mend(): void {
    this.mode = 'up';
    for (const socket of this.sockets) socket.resume();
  }

  private open(host: string, port: number, onConnect: () => void): Socket {
    const socket = connect({ host, port: this.mode === 'refused' ? 1 : port }, onConnect);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.once('connect', () => {
      if (this.mode === 'silent') socket.pause();
    });
    return socket;
  }
}
