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
    return { ...place, unreadable: true, timestampMs: Number(message.timestamp), reason: errorMessage(e) };
  }
}
