import type { ActivityBatch, SpoolProducer, Topic } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { v7 as uuidv7 } from 'uuid';
import { encodeEvent } from '../envelope/event-envelope.js';
import type { OutgoingMessage } from '../relay/event-sender.js';

/** Frames of a spool on their way to Kafka. */
export interface StoredFrames {
  readonly producer: SpoolProducer;
  /** Number of the first. */
  readonly first: number;
  /** The JSON of each, as the spool holds it. */
  readonly bodies: readonly Buffer[];
  readonly at: Date;
}

const none = Buffer.from('"frames":[]');

/**
 * The event of some frames: byte for byte what `encodeEvent` makes of them, but their JSON goes from the file into the
 * event as it is. To parse, check and write each again costs 10 us of every pull; the consumer checks it anyway.
 *
 * The place to fill can't occur elsewhere: inside a JSON text its quotes would be escaped.
 */
export function activityEvent(topic: Topic<ActivityBatch>, stored: StoredFrames): OutgoingMessage {
  const { producer, first, bodies, at } = stored;
  const source = `berth/${producer.service}/${encodeURIComponent(producer.instance)}`;
  const empty = encodeEvent(topic, { data: { producer, first, frames: [] }, source, id: uuidv7(), at });
  const start = empty.value.indexOf(none);
  if (start < 0) throw new AppError({ kind: 'bug', message: 'the event has no place for its frames' });
  const value = [
    empty.value.subarray(0, start + none.length - 1),
    ...bodies.flatMap((body, index) => (index === 0 ? [body] : [comma, body])),
    empty.value.subarray(start + none.length - 1),
  ];
  return { ...empty, value: Buffer.concat(value) };
}

const comma = Buffer.from(',');
