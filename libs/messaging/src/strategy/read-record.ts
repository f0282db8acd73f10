import { errorMessage } from '@berth/errors';
import type { KafkaMessage } from 'kafkajs';
import { decodeEvent } from '../envelope/event-envelope.js';
import type { ConsumableTopic } from './consumable-topic.js';
import type { StateRecord } from './consumed-event.js';

/** Reads one record of a topic, never throws: what can't be read says why. */
export function readRecord(topic: ConsumableTopic, partition: number, message: KafkaMessage): StateRecord<unknown> {
  const place = {
    topic: topic.name,
    partition,
    offset: message.offset,
    key: message.key?.toString('utf8') ?? '',
  };
  try {
    return { ...place, ...decodeEvent(topic, message) };
  } catch (e) {
    const timestampMs = Number(message.timestamp);
    return { ...place, unreadable: true, timestampMs, reason: errorMessage(e), said: dataOf(message) };
  }
}

function dataOf({ value }: KafkaMessage): unknown {
  try {
    const event: unknown = JSON.parse(value?.toString('utf8') ?? 'null');
    return typeof event === 'object' && event !== null && 'data' in event ? event.data : undefined;
  } catch {
    // Not even JSON: it says nothing.
    return undefined;
  }
}
